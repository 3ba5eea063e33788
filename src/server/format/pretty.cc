// pretty: a grid of text, left-aligned, for people. Held in memory until the widths are known.
#include <algorithm>

#include "columnar/string_column.h"
#include "server/format/format.h"
#include "server/format/value_text.h"

namespace tidemill::server {
namespace {

constexpr std::size_t kPrettyBytesMax = 128 << 20;

// Characters as a terminal counts them, wide ones apart: UTF-8 bytes that begin a character.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

class PrettyFormatter final : public Formatter {
 public:
  void Begin(const std::vector<columnar::ValueColumn>& columns, std::string&) override {
    for (const auto& column : columns) {
      names_.push_back(column.name);
      widths_.push_back(Width(column.name));
    }
  }

  Status Append(const columnar::ValueBatch& batch, std::string&) override {
    std::string cell;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        cell.clear();
        AppendValueText(batch.columns[i], row, cell);
        widths_[i] = std::max(widths_[i], Width(cell));
        cells_.Append(cell);
      }
    }
    if (cells_.bytes.size() > kPrettyBytesMax) {
      return Error{ErrorCode::kLimit,
                   "the result is larger than " + std::to_string(kPrettyBytesMax >> 20) +
                       " MiB, which format=pretty keeps in memory: use jsonl or csv, or add LIMIT"};
    }
    return Ok();
  }

  void End(std::string& out) override {
    if (cells_.size() == 0) {  // what existing tools print and look for
      out += "++\n++";
      return;
    }
    AppendRule(out);
    out += '\n';
    AppendRow([this](std::size_t i) { return std::string_view(names_[i]); }, out);
    AppendRule(out);
    out += '\n';
    for (std::size_t begin = 0; begin < cells_.size(); begin += names_.size()) {
      AppendRow([this, begin](std::size_t i) { return cells_[begin + i]; }, out);
    }
    AppendRule(out);
  }

 private:
  void AppendRule(std::string& out) const {
    for (const std::size_t width : widths_) {
      out += '+';
      out.append(width + 2, '-');
    }
    out += '+';
  }

  template <typename CellOf>
  void AppendRow(CellOf cell_of, std::string& out) const {
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string_view cell = cell_of(i);
      out += "| ";
      out += cell;
      out.append(widths_[i] - Width(cell) + 1, ' ');
    }
    out += "|\n";
  }

  std::vector<std::string> names_;
  std::vector<std::size_t> widths_;
  columnar::StringColumn cells_;
};

}  // namespace

std::unique_ptr<Formatter> MakePrettyFormatter() { return std::make_unique<PrettyFormatter>(); }

}  // namespace tidemill::server
