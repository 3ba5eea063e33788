#include "sql/value_vectors.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "sql/value_types.h"

namespace tidemill::sql {
namespace {

using columnar::ValueKind;
using columnar::ValueType;
using columnar::ValueVector;
using duckdb::idx_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

constexpr std::int64_t kNanosPerMicro = 1000;

void TakeValidity(const UnifiedVectorFormat& source, std::size_t count, ValueVector& out) {
  if (source.validity.AllValid()) return;
  out.valid.resize(count);
  for (idx_t i = 0; i < count; ++i) {
    out.valid[i] = source.validity.RowIsValid(source.sel->get_index(i)) ? 1 : 0;
  }
}

// words[i] = bits(value i), 0 for NULL.
template <typename T, typename ToWord>
void TakeWords(const UnifiedVectorFormat& source, std::size_t count, ValueVector& out,
               ToWord to_word) {
  const auto* data = UnifiedVectorFormat::GetData<T>(source);
  out.words.resize(count);
  for (idx_t i = 0; i < count; ++i) {
    if (out.IsNull(i)) continue;
    out.words[i] = to_word(data[source.sel->get_index(i)]);
  }
}

void TakeStrings(const UnifiedVectorFormat& source, std::size_t count, ValueVector& out) {
  const auto* data = UnifiedVectorFormat::GetData<duckdb::string_t>(source);
  out.strings.ends.reserve(count);
  for (idx_t i = 0; i < count; ++i) {
    const duckdb::string_t* text = out.IsNull(i) ? nullptr : &data[source.sel->get_index(i)];
    out.strings.Append(text == nullptr ? std::string_view()
                                       : std::string_view(text->GetData(), text->GetSize()));
  }
}

void TakeIntervals(const UnifiedVectorFormat& source, std::size_t count, ValueVector& out) {
  const auto* data = UnifiedVectorFormat::GetData<duckdb::interval_t>(source);
  out.words.resize(3 * count);
  for (idx_t i = 0; i < count; ++i) {
    if (out.IsNull(i)) continue;
    const duckdb::interval_t& value = data[source.sel->get_index(i)];
    out.words[3 * i] = static_cast<std::uint64_t>(std::int64_t{value.months});
    out.words[3 * i + 1] = static_cast<std::uint64_t>(std::int64_t{value.days});
    out.words[3 * i + 2] = static_cast<std::uint64_t>(value.micros * kNanosPerMicro);
  }
}

void TakeList(Vector& source, const UnifiedVectorFormat& format, std::size_t count,
              ValueVector& out) {
  const auto* entries = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format);
  std::size_t total = 0;
  out.ends.reserve(count);
  for (idx_t i = 0; i < count; ++i) {
    if (!out.IsNull(i)) total += entries[format.sel->get_index(i)].length;
    out.ends.push_back(static_cast<std::uint32_t>(total));
  }
  duckdb::SelectionVector chosen(total == 0 ? 1 : total);
  std::size_t at = 0;
  for (idx_t i = 0; i < count; ++i) {
    if (out.IsNull(i)) continue;
    const duckdb::list_entry_t& entry = entries[format.sel->get_index(i)];
    for (idx_t k = 0; k < entry.length; ++k) chosen.set_index(at++, entry.offset + k);
  }
  Vector children(duckdb::ListVector::GetEntry(source), chosen, total);
  out.children.push_back(TakeValues(children, total, out.type.children.front()));
}

void TakeStruct(Vector& source, std::size_t count, ValueVector& out) {
  source.Flatten(count);
  auto& entries = duckdb::StructVector::GetEntries(source);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    out.children.push_back(TakeValues(*entries[i], count, out.type.children[i]));
  }
}

void TakeCanonical(Vector& source, std::size_t count, ValueVector& out) {
  if (out.type.kind == ValueKind::kNull) return;
  UnifiedVectorFormat format;
  source.ToUnifiedFormat(count, format);
  TakeValidity(format, count, out);
  switch (out.type.kind) {
    case ValueKind::kNull: return;
    case ValueKind::kBool:
      return TakeWords<bool>(format, count, out, [](bool v) { return v ? 1U : 0U; });
    case ValueKind::kInt64:
    case ValueKind::kUInt64:
    case ValueKind::kFloat64:
    case ValueKind::kTimestamp: {
      // All are eight bytes; the bits are taken as they are.
      const auto* data = reinterpret_cast<const std::uint64_t*>(format.data);
      out.words.resize(count);
      for (idx_t i = 0; i < count; ++i) {
        if (!out.IsNull(i)) out.words[i] = data[format.sel->get_index(i)];
      }
      return;
    }
    case ValueKind::kTimestampTz:
    case ValueKind::kTime:
      return TakeWords<std::int64_t>(format, count, out, [](std::int64_t micros) {
        return static_cast<std::uint64_t>(micros * kNanosPerMicro);
      });
    case ValueKind::kDate:
      return TakeWords<std::int32_t>(format, count, out, [](std::int32_t days) {
        return static_cast<std::uint64_t>(std::int64_t{days});
      });
    case ValueKind::kInterval: return TakeIntervals(format, count, out);
    case ValueKind::kString:
    case ValueKind::kBinary: return TakeStrings(format, count, out);
    case ValueKind::kList: return TakeList(source, format, count, out);
    case ValueKind::kStruct: return TakeStruct(source, count, out);
  }
}

// Nested types keep the types of their children, which are cast one by one further down.
bool IsCanonical(const duckdb::LogicalType& type, const ValueType& value) {
  if (value.kind == ValueKind::kStruct) return true;
  if (value.kind == ValueKind::kList) return type.id() != duckdb::LogicalTypeId::ARRAY;
  return type.id() == LogicalTypeOf(value).id();
}

duckdb::LogicalType CastTarget(const duckdb::LogicalType& type, const ValueType& value) {
  if (type.id() == duckdb::LogicalTypeId::ARRAY) {
    return duckdb::LogicalType::LIST(duckdb::ArrayType::GetChildType(type));
  }
  return LogicalTypeOf(value);
}

void ReferToWords(const ValueVector& values, std::size_t begin, Vector& target) {
  // DuckDB reads through the pointer only: the vector is never written to.
  auto* words = const_cast<std::uint64_t*>(values.words.data() + begin);
  duckdb::FlatVector::SetData(target, reinterpret_cast<duckdb::data_ptr_t>(words));
}

template <typename T, typename FromWord>
void CopyWords(const ValueVector& values, std::size_t begin, std::size_t count, Vector& target,
               FromWord from_word) {
  auto* data = duckdb::FlatVector::GetData<T>(target);
  for (std::size_t i = 0; i < count; ++i) data[i] = from_word(values.words[begin + i]);
}

void ReferToStrings(const ValueVector& values, std::size_t begin, std::size_t count,
                    Vector& target) {
  auto* data = duckdb::FlatVector::GetData<duckdb::string_t>(target);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text = values.strings[begin + i];
    data[i] = duckdb::string_t(text.data(), static_cast<std::uint32_t>(text.size()));
  }
}

void CopyIntervals(const ValueVector& values, std::size_t begin, std::size_t count,
                   Vector& target) {
  auto* data = duckdb::FlatVector::GetData<duckdb::interval_t>(target);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t* words = values.words.data() + 3 * (begin + i);
    data[i].months = static_cast<std::int32_t>(words[0]);
    data[i].days = static_cast<std::int32_t>(words[1]);
    data[i].micros = static_cast<std::int64_t>(words[2]) / kNanosPerMicro;
  }
}

void CopyLists(const ValueVector& values, std::size_t begin, std::size_t count, Vector& target) {
  const auto start_of = [&](std::size_t i) { return i == 0 ? 0U : values.ends[i - 1]; };
  const std::uint32_t first = start_of(begin);
  const std::uint32_t total = start_of(begin + count) - first;
  auto* entries = duckdb::FlatVector::GetData<duckdb::list_entry_t>(target);
  for (std::size_t i = 0; i < count; ++i) {
    entries[i] = {start_of(begin + i) - first, values.ends[begin + i] - start_of(begin + i)};
  }
  duckdb::ListVector::Reserve(target, total);
  Vector children(duckdb::ListType::GetChildType(target.GetType()), total == 0 ? 1 : total);
  ReferToValues(values.children.front(), first, total, children);
  duckdb::VectorOperations::Copy(children, duckdb::ListVector::GetEntry(target), total, 0, 0);
  duckdb::ListVector::SetListSize(target, total);
}

}  // namespace

ValueVector TakeValues(Vector& source, std::size_t count, const ValueType& type) {
  ValueVector out;
  out.type = type;
  if (IsCanonical(source.GetType(), type)) {
    TakeCanonical(source, count, out);
  } else {
    Vector cast(CastTarget(source.GetType(), type), count == 0 ? 1 : count);
    duckdb::VectorOperations::DefaultCast(source, cast, count, true);
    TakeCanonical(cast, count, out);
  }
  return out;
}

void ReferToValues(const ValueVector& values, std::size_t begin, std::size_t count,
                   Vector& target) {
  if (values.type.kind == ValueKind::kNull) {
    target.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
    duckdb::ConstantVector::SetNull(target, true);
    return;
  }
  if (!values.valid.empty()) {
    SetValidity(values.valid.data() + begin, count, duckdb::FlatVector::Validity(target));
  }
  switch (values.type.kind) {
    case ValueKind::kNull: return;
    case ValueKind::kBool:
      return CopyWords<bool>(values, begin, count, target, [](std::uint64_t w) { return w != 0; });
    case ValueKind::kInt64:
    case ValueKind::kUInt64:
    case ValueKind::kFloat64:
    case ValueKind::kTimestamp: return ReferToWords(values, begin, target);
    case ValueKind::kTimestampTz:
    case ValueKind::kTime:
      return CopyWords<std::int64_t>(values, begin, count, target, [](std::uint64_t w) {
        return static_cast<std::int64_t>(w) / kNanosPerMicro;
      });
    case ValueKind::kDate:
      return CopyWords<std::int32_t>(values, begin, count, target,
                                     [](std::uint64_t w) { return static_cast<std::int32_t>(w); });
    case ValueKind::kInterval: return CopyIntervals(values, begin, count, target);
    case ValueKind::kString:
    case ValueKind::kBinary: return ReferToStrings(values, begin, count, target);
    case ValueKind::kList: return CopyLists(values, begin, count, target);
    case ValueKind::kStruct: break;
  }
  auto& entries = duckdb::StructVector::GetEntries(target);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ReferToValues(values.children[i], begin, count, *entries[i]);
  }
}

void SetValidity(const std::uint8_t* valid, std::size_t count, duckdb::ValidityMask& mask) {
  if (valid == nullptr) return;
  mask.Initialize(std::max<std::size_t>(count, STANDARD_VECTOR_SIZE));
  std::uint64_t* bits = mask.GetData();
  const std::size_t whole = count / 64;
  for (std::size_t w = 0; w < whole; ++w) {
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < 8; ++b) {
      std::uint64_t eight = 0;  // eight bytes of 0 or 1, gathered into eight bits by one product
      std::memcpy(&eight, valid + w * 64 + b * 8, 8);
      word |= ((eight * 0x0102040810204080ULL) >> 56) << (b * 8);
    }
    bits[w] = word;
  }
  for (std::size_t i = whole * 64; i < count; ++i) {
    if (valid[i] == 0) mask.SetInvalid(i);
  }
}

}  // namespace tidemill::sql
