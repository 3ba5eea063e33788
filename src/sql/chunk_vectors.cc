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

void CopyStrings(const std::string_view* strings, const std::uint8_t* valid, std::size_t count,
                 Vector& target) {
  auto* data = FlatVector::GetData<duckdb::string_t>(target);
  for (std::size_t i = 0; i < count; ++i) {
    data[i] = valid == nullptr || valid[i] != 0 ? ToStringT(strings[i]) : duckdb::string_t();
  }
}

void CopyBools(const std::uint64_t* words, std::size_t count, Vector& target) {
  auto* data = FlatVector::GetData<bool>(target);
  for (std::size_t i = 0; i < count; ++i) data[i] = words[i] != 0;
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

void ReferToTimes(const Chunk& chunk, std::size_t begin, Vector& target) {
  ReferTo(chunk.times() + begin, target);
}

void ReferToField(const Chunk& chunk, ColumnId field, std::size_t begin, std::size_t count,
                  Vector& target) {
  const int found = chunk.FindField(field);
  if (found < 0) return MakeNull(target);
  const auto index = static_cast<std::size_t>(found);
  const std::uint8_t* valid = chunk.valid(index);
  if (valid != nullptr) valid += begin;
  SetValidity(valid, count, FlatVector::Validity(target));
  switch (chunk.field(index).type) {
    case model::DataType::kString:
      return CopyStrings(chunk.strings(index) + begin, valid, count, target);
    case model::DataType::kBool: return CopyBools(chunk.words(index) + begin, count, target);
    case model::DataType::kInt64:
    case model::DataType::kUInt64:
    case model::DataType::kFloat64:
    case model::DataType::kTimestamp: return ReferTo(chunk.words(index) + begin, target);
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

void TagReader::Refer(const Chunk& chunk, std::size_t begin, std::size_t count, Vector& target) {
  duckdb::SelectionVector codes(count);
  chunk.generation().GatherCodes(tag_, {chunk.series() + begin, count}, codes.data());
  target.Dictionary(dictionary_, values_->values.size(), codes, count);
  duckdb::DictionaryVector::SetDictionaryId(target, values_->id);
}

}  // namespace tidemill::sql
