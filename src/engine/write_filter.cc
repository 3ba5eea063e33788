#include "engine/write_filter.h"

#include "base/check.h"

namespace tidemill::engine {

WriteFilter::WriteFilter(const model::Trigger& trigger, std::uint8_t depth_max)
    : trigger_(trigger.id), database_(trigger.database), depth_max_(depth_max) {
  CHECK(model::IsDataWrite(trigger.spec)) << "trigger '" << trigger.name << "'";
  if (const auto* on_table = std::get_if<model::OnTable>(&trigger.spec)) {
    table_ = on_table->table;
  } else {
    all_tables_ = true;
  }
}

}  // namespace tidemill::engine
