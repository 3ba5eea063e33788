#include "sql/chunk_vectors.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "sql/value_vectors.h"

namespace tidemill::sql {
namespace {

using columnar::Chunk;
using columnar::Generation;
using duckdb::FlatVector;
using duckdb::Vector;

std::optional<std::size_t> FindTag(const Generation& generation, ColumnId tag) {
  const auto& tags = generation.tags();
  const auto found = std::find(tags.begin(), tags.end(), tag);
  if (found == tags.end()) return std::nullopt;
  return static_cast<std::size_t>(found - tags.begin());
}

duckdb::string_t ToStringT(std::string_view text) {
  return duckdb::string_t(text.data(), static_cast<std::uint32_t>(text.size()));
}

// DuckDB reads through the pointer only.
template <typename T>
void ReferTo(const T* data, Vector& target) {
  FlatVector::SetData(target, reinterpret_cast<duckdb::data_ptr_t>(const_cast<T*>(data)));
}

// Where the i-th row stands after `begin`.
std::size_t Place(const ChunkRows& rows, std::size_t i) {
  return rows.chosen == nullptr ? i : rows.chosen->get_index(i);
}

void CopyStrings(const ChunkRows& rows, const std::string_view* strings, const std::uint8_t* valid,
                 Vector& target) {
  auto* data = FlatVector::GetData<duckdb::string_t>(target);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::size_t place = rows.begin + Place(rows, i);
    if (valid == nullptr || valid[place] != 0) {
      data[i] = ToStringT(strings[place]);
    } else {
      data[i] = duckdb::string_t();
      FlatVector::SetNull(target, i, true);
    }
  }
}

void CopyBools(const ChunkRows& rows, const std::uint64_t* words, const std::uint8_t* valid,
               Vector& target) {
  auto* data = FlatVector::GetData<bool>(target);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const std::size_t place = rows.begin + Place(rows, i);
    data[i] = words[place] != 0;
    if (valid != nullptr && valid[place] == 0) FlatVector::SetNull(target, i, true);
  }
}

// Eight-byte values are taken where they are; a choice of rows is a dictionary over them.
template <typename T>
void ReferToWords(const ChunkRows& rows, const T* words, const std::uint8_t* valid,
                  Vector& target) {
  ReferTo(words + rows.begin, target);
  if (rows.chosen == nullptr) {
    if (valid != nullptr) {
      SetValidity(valid + rows.begin, rows.count, FlatVector::Validity(target));
    }
    return;
  }
  if (valid != nullptr) {
    const std::size_t last = rows.chosen->get_index(rows.count - 1);
    SetValidity(valid + rows.begin, last + 1, FlatVector::Validity(target));
  }
  target.Slice(*rows.chosen, rows.count);
}

}  // namespace

void TagValuesByColumn::Add(const columnar::ChunkSlice& slice, ColumnId tag) {
  const Generation& generation = slice.chunk->generation();
  const auto index = FindTag(generation, tag);
  if (!index) return;
  const std::size_t size = slice.dictionary_sizes[*index];
  auto& entry = values_[{&generation, tag}];
  if (entry != nullptr && entry->values.size() > size) return;
  auto values = std::make_shared<TagValues>();
  values->id = std::to_string(generation.epoch()) + "." + std::to_string(tag.value()) + "." +
               std::to_string(size);
  values->values.reserve(size + 1);
  values->values.emplace_back();
  const columnar::TagDictionary& dictionary = generation.dictionary(*index);
  for (std::uint32_t code = 1; code <= size; ++code) {
    values->values.push_back(ToStringT(dictionary.Value(code)));
  }
  entry = std::move(values);
}

std::shared_ptr<const TagValues> TagValuesByColumn::Find(const Generation& generation,
                                                         ColumnId tag) const {
  const auto found = values_.find({&generation, tag});
  return found == values_.end() ? nullptr : found->second;
}

void MakeNull(Vector& target) {
  target.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::SetNull(target, true);
}

void ReferToTimes(const ChunkRows& rows, Vector& target) {
  ReferToWords(rows, rows.chunk.times(), nullptr, target);
}

void ReferToField(const ChunkRows& rows, ColumnId field, Vector& target) {
  const int found = rows.chunk.FindField(field);
  if (found < 0) return MakeNull(target);
  const auto index = static_cast<std::size_t>(found);
  const std::uint8_t* valid = rows.chunk.valid(index);
  switch (rows.chunk.field(index).type) {
    case model::DataType::kString:
      return CopyStrings(rows, rows.chunk.strings(index), valid, target);
    case model::DataType::kBool: return CopyBools(rows, rows.chunk.words(index), valid, target);
    case model::DataType::kInt64:
    case model::DataType::kUInt64:
    case model::DataType::kFloat64:
    case model::DataType::kTimestamp:
      return ReferToWords(rows, rows.chunk.words(index), valid, target);
  }
}

TagReader::TagReader(const Generation& generation, ColumnId tag,
                     std::shared_ptr<const TagValues> values)
    : tag_(FindTag(generation, tag).value()),
      values_(std::move(values)),
      dictionary_(duckdb::LogicalType::VARCHAR,
                  reinterpret_cast<duckdb::data_ptr_t>(
                      const_cast<duckdb::string_t*>(values_->values.data()))) {
  duckdb::ValidityMask& validity = FlatVector::Validity(dictionary_);
  validity.Initialize(std::max<std::size_t>(values_->values.size(), STANDARD_VECTOR_SIZE));
  validity.SetInvalid(0);
}

void TagReader::Refer(const ChunkRows& rows, Vector& target) {
  const std::uint32_t* series = rows.chunk.series() + rows.begin;
  std::uint32_t picked[STANDARD_VECTOR_SIZE];
  if (rows.chosen != nullptr) {
    for (std::size_t i = 0; i < rows.count; ++i) picked[i] = series[rows.chosen->get_index(i)];
    series = picked;
  }
  duckdb::SelectionVector codes(rows.count);
  rows.chunk.generation().GatherCodes(tag_, {series, rows.count}, codes.data());
  target.Dictionary(dictionary_, values_->values.size(), codes, rows.count);
  duckdb::DictionaryVector::SetDictionaryId(target, values_->id);
}

}  // namespace tidemill::sql
