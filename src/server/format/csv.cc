// csv: a header row, then rows, quoted as RFC 4180 says, "\n" at each end. NULL is an empty field.
#include "server/format/format.h"
#include "server/format/value_text.h"

namespace tidemill::server {
namespace {

void AppendCell(std::string_view text, std::string& out) {
  if (text.find_first_of("\",\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

class CsvFormatter final : public Formatter {
 public:
  void Begin(const std::vector<columnar::ValueColumn>& columns, std::string& out) override {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += ',';
      AppendCell(columns[i].name, out);
    }
    out += '\n';
    columns_ = columns;
  }

  Status Append(const columnar::ValueBatch& batch, std::string& out) override {
    for (const auto& column : columns_) {
      if (column.type.kind == columnar::ValueKind::kList ||
          column.type.kind == columnar::ValueKind::kStruct) {
        return InvalidError("column '" + column.name +
                            "' holds lists or structs, which CSV cannot: use format=json");
      }
    }
    std::string cell;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      for (std::size_t i = 0; i < batch.columns.size(); ++i) {
        if (i > 0) out += ',';
        cell.clear();
        AppendValueText(batch.columns[i], row, cell);
        AppendCell(cell, out);
      }
      out += '\n';
    }
    return Ok();
  }

  void End(std::string&) override {}

 private:
  std::vector<columnar::ValueColumn> columns_;
};

}  // namespace

std::unique_ptr<Formatter> MakeCsvFormatter() { return std::make_unique<CsvFormatter>(); }

}  // namespace tidemill::server
