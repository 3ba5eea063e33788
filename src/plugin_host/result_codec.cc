#include "plugin_host/result_codec.h"

#include "base/check.h"

namespace tidemill::plugin_host {
namespace {

using columnar::ValueKind;
using columnar::ValueType;
using columnar::ValueVector;

void EncodeType(const ValueType& type, PayloadWriter& out) {
  out.Fixed(static_cast<std::uint8_t>(type.kind));
  out.Count(type.children.size());
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    out.Text(type.kind == ValueKind::kStruct ? type.names[i] : "");
    EncodeType(type.children[i], out);
  }
}

void EncodeVector(const ValueVector& vector, std::size_t rows, PayloadWriter& out) {
  out.Count(rows);
  out.Bool(!vector.valid.empty());
  if (!vector.valid.empty()) out.Array(vector.valid);
  switch (vector.type.kind) {
    case ValueKind::kNull: break;
    case ValueKind::kBool:
    case ValueKind::kInt64:
    case ValueKind::kUInt64:
    case ValueKind::kFloat64:
    case ValueKind::kTimestamp:
    case ValueKind::kTimestampTz:
    case ValueKind::kDate:
    case ValueKind::kTime:
    case ValueKind::kInterval: out.Array(vector.words); break;
    case ValueKind::kString:
    case ValueKind::kBinary: out.Strings(vector.strings); break;
    case ValueKind::kList:
      CHECK(vector.children.size() == 1) << "a list has one kind of items";
      out.Array(vector.ends);
      EncodeVector(vector.children[0], vector.ends.empty() ? 0 : vector.ends.back(), out);
      break;
    case ValueKind::kStruct:
      for (const ValueVector& child : vector.children) EncodeVector(child, rows, out);
      break;
  }
}

}  // namespace

void EncodeResult(const engine::QueryRows& rows, PayloadWriter& out) {
  out.Count(rows.columns.size());
  for (const columnar::ValueColumn& column : rows.columns) {
    out.Text(column.name);
    EncodeType(column.type, out);
  }
  out.Count(rows.batches.size());
  for (const columnar::ValueBatch& batch : rows.batches) {
    CHECK(batch.columns.size() == rows.columns.size()) << "every batch has every column";
    out.Count(batch.rows);
    for (const ValueVector& vector : batch.columns) EncodeVector(vector, batch.rows, out);
  }
}

}  // namespace tidemill::plugin_host
