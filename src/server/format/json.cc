// json: one array of row objects; jsonl: one object a line. NULL values have no key.
#include "server/format/format.h"
#include "server/format/json_text.h"
#include "server/format/value_text.h"

namespace tidemill::server {
namespace {

class JsonFormatter final : public Formatter {
 public:
  explicit JsonFormatter(bool lines) : lines_(lines) {}

  void Begin(const std::vector<columnar::ValueColumn>& columns, std::string& out) override {
    for (const auto& column : columns) {
      std::string key;
      AppendJsonString(column.name, key);
      keys_.push_back(key + ":");
    }
    if (!lines_) out += '[';
  }

  Status Append(const columnar::ValueBatch& batch, std::string& out) override {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (!lines_ && !first_row_) out += ',';
      first_row_ = false;
      out += '{';
      bool first = true;
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        if (batch.columns[i].IsNull(row)) continue;
        if (!first) out += ',';
        first = false;
        out += keys_[i];
        AppendValueJson(batch.columns[i], row, out);
      }
      out += '}';
      if (lines_) out += '\n';
    }
    return Ok();
  }

  void End(std::string& out) override {
    if (!lines_) out += ']';
  }

 private:
  const bool lines_;
  std::vector<std::string> keys_;
  bool first_row_ = true;
};

}  // namespace

std::unique_ptr<Formatter> MakeJsonFormatter(bool lines) {
  return std::make_unique<JsonFormatter>(lines);
}

}  // namespace tidemill::server
