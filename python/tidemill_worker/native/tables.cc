#include "tables.h"

#include <vector>

namespace tidemill::native {
namespace {

// As model::DataType numbers them.
enum class FieldType : std::uint8_t {
  kString = 0,
  kInt64 = 1,
  kUInt64 = 2,
  kFloat64 = 3,
  kBool = 4
};

struct Field {
  PyRef name;
  FieldType type = FieldType::kFloat64;
  bool has_valid = false;
  Array<std::uint8_t> valid;
  Array<std::uint64_t> words;
  Strings strings;

  bool HasValue(std::size_t row) const { return !has_valid || valid[row] != 0; }
  PyObject* Value(std::size_t row) const {
    switch (type) {
      case FieldType::kFloat64: return PyFloat_FromDouble(BitsTo<double>(words[row]));
      case FieldType::kInt64: return PyLong_FromLongLong(BitsTo<std::int64_t>(words[row]));
      case FieldType::kUInt64: return PyLong_FromUnsignedLongLong(words[row]);
      case FieldType::kBool: return PyBool_FromLong(words[row] != 0);
      case FieldType::kString: {
        Bytes text;
        return strings.Get(row, text) ? ToStr(text) : BadPayload("batch");
      }
    }
    return BadPayload("batch");
  }
};

struct Tag {
  PyRef name;
  PyRefs values;  // by code - 1
};

struct Block {
  std::uint32_t rows = 0;
  std::uint32_t series_count = 0;
  std::vector<Tag> tags;
  std::vector<Field> fields;
  Array<std::uint32_t> series_codes;
  Array<std::uint32_t> row_series;
  Array<std::int64_t> times;
};

bool ReadTag(Reader& reader, Tag& tag) {
  tag.name = PyRef(ToKey(reader.Text()));
  const std::uint32_t count = reader.Count();
  const Strings strings = ReadStrings(reader, count);
  if (!reader.ok() || !tag.name) return false;
  tag.values.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Bytes text;
    if (!strings.Get(i, text)) return false;
    tag.values.emplace_back(ToStr(text));
    if (!tag.values.back()) return false;
  }
  return true;
}

bool ReadField(Reader& reader, std::uint32_t rows, Field& field) {
  field.name = PyRef(ToKey(reader.Text()));
  field.type = static_cast<FieldType>(reader.Fixed<std::uint8_t>());
  if (field.type > FieldType::kBool) reader.Fail();
  field.has_valid = reader.Fixed<std::uint8_t>() != 0;
  if (field.has_valid) field.valid = reader.Items<std::uint8_t>(rows);
  if (field.type == FieldType::kString) {
    field.strings = ReadStrings(reader, rows);
  } else {
    field.words = reader.Items<std::uint64_t>(rows);
  }
  return reader.ok() && field.name;
}

bool ReadBlock(Reader& reader, Block& block) {
  block.rows = reader.Fixed<std::uint32_t>();
  block.series_count = reader.Fixed<std::uint32_t>();
  block.tags.resize(reader.Count());
  block.fields.resize(reader.Count());
  for (Tag& tag : block.tags)
    if (!ReadTag(reader, tag)) return false;
  block.series_codes =
      reader.Items<std::uint32_t>(std::size_t{block.series_count} * block.tags.size());
  block.row_series = reader.Items<std::uint32_t>(block.rows);
  block.times = reader.Items<std::int64_t>(block.rows);
  for (Field& field : block.fields)
    if (!ReadField(reader, block.rows, field)) return false;
  return reader.ok();
}

// Makes the rows of one table. A row with every field is a copy of a template dict: copying one
// keeps its size and hash table, which is several times faster than inserting every key. Series
// with several rows have templates of their own, with their tags in place.
class RowMaker {
 public:
  RowMaker(PyObject* row_type, PyObject* time_key)
      : type_(row_type),
        new_(reinterpret_cast<newfunc>(
            PyType_GetSlot(reinterpret_cast<PyTypeObject*>(row_type), Py_tp_new))),
        no_arguments_(PyTuple_New(0)),
        time_key_(time_key) {}

  bool AppendRows(const Block& block, PyObject* rows) {
    of_all_tags_ = PyRef();
    of_series_.clear();
    // Below this a template of a series costs more than it saves.
    if (block.rows / kRowsForATemplate >= block.series_count) of_series_.resize(block.series_count);
    for (std::uint32_t row = 0; row < block.rows; ++row) {
      const PyRef made = MakeRow(block, row);
      if (!made || PyList_Append(rows, made.get()) != 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::uint32_t kRowsForATemplate = 3;

  PyRef MakeRow(const Block& block, std::uint32_t row) {
    const std::uint32_t series = block.row_series[row];
    if (series >= block.series_count) return PyRef(BadPayload("batch"));
    PyRef made(new_(reinterpret_cast<PyTypeObject*>(type_), no_arguments_.get(), nullptr));
    if (!made || !AddTags(block, series, HasEveryField(block, row), made.get())) return {};
    for (const Field& field : block.fields) {
      if (!field.HasValue(row)) continue;
      const PyRef value(field.Value(row));
      if (!value || PyDict_SetItem(made.get(), field.name.get(), value.get()) != 0) return {};
    }
    const PyRef time(PyLong_FromLongLong(block.times[row]));
    if (!time || PyDict_SetItem(made.get(), time_key_, time.get()) != 0) return {};
    return made;
  }

  static bool HasEveryField(const Block& block, std::uint32_t row) {
    for (const Field& field : block.fields)
      if (!field.HasValue(row)) return false;
    return true;
  }

  // The tags of `row`, and with `is_full` room for everything that follows them.
  bool AddTags(const Block& block, std::uint32_t series, bool is_full, PyObject* row) {
    if (!is_full) return SetTags(block, series, row);
    if (of_series_.empty()) {
      if (!HasEveryTag(block, series)) return SetTags(block, series, row);
      if (!of_all_tags_ && !MakeTemplate(block, nullptr, of_all_tags_)) return false;
      return PyDict_Update(row, of_all_tags_.get()) == 0 && SetTags(block, series, row);
    }
    PyRef& of_series = of_series_[series];
    if (!of_series && !MakeTemplate(block, &series, of_series)) return false;
    return PyDict_Update(row, of_series.get()) == 0;
  }

  static bool HasEveryTag(const Block& block, std::uint32_t series) {
    for (std::size_t i = 0; i < block.tags.size(); ++i)
      if (block.series_codes[series * block.tags.size() + i] == 0) return false;
    return true;
  }

  static bool SetTags(const Block& block, std::uint32_t series, PyObject* dict) {
    for (std::size_t i = 0; i < block.tags.size(); ++i) {
      const std::uint32_t code = block.series_codes[series * block.tags.size() + i];
      if (code == 0) continue;
      const Tag& tag = block.tags[i];
      if (code > tag.values.size()) return BadPayload("batch") != nullptr;
      if (PyDict_SetItem(dict, tag.name.get(), tag.values[code - 1].get()) != 0) return false;
    }
    return true;
  }

  // Every key of a full row in its order: tags (of the series, or all), fields, time.
  bool MakeTemplate(const Block& block, const std::uint32_t* series, PyRef& into) {
    PyRef made(PyDict_New());
    if (!made || (series != nullptr && !SetTags(block, *series, made.get()))) return false;
    if (series == nullptr)
      for (const Tag& tag : block.tags)
        if (PyDict_SetItem(made.get(), tag.name.get(), Py_None) != 0) return false;
    for (const Field& field : block.fields)
      if (PyDict_SetItem(made.get(), field.name.get(), Py_None) != 0) return false;
    if (PyDict_SetItem(made.get(), time_key_, Py_None) != 0) return false;
    into = static_cast<PyRef&&>(made);
    return true;
  }

  PyObject* type_;
  newfunc new_;
  PyRef no_arguments_;
  PyObject* time_key_;
  PyRef of_all_tags_;
  PyRefs of_series_;  // empty: not worth it in this block
};

PyRef ReadNames(Reader& reader) {
  const std::uint32_t count = reader.Count();
  PyRef names(PyTuple_New(static_cast<Py_ssize_t>(count)));
  for (std::uint32_t i = 0; names && i < count; ++i) {
    PyObject* name = ToKey(reader.Text());
    if (name == nullptr) return {};
    PyTuple_SetItem(names.get(), static_cast<Py_ssize_t>(i), name);
  }
  return names;
}

PyRef ReadTable(Reader& reader, PyObject* row_type_of, PyObject* time_key) {
  const PyRef name(ToStr(reader.Text()));
  const PyRef columns = ReadNames(reader);
  if (!name || !columns) return {};
  const PyRef row_type(
      PyObject_CallFunctionObjArgs(row_type_of, name.get(), columns.get(), nullptr));
  const PyRef rows(PyList_New(0));
  if (!row_type || !rows) return {};
  RowMaker maker(row_type.get(), time_key);
  const std::uint32_t blocks = reader.Count();
  for (std::uint32_t i = 0; i < blocks; ++i) {
    Block block;
    if (!ReadBlock(reader, block)) return PyRef(BadPayload("batch"));
    if (!maker.AppendRows(block, rows.get())) return {};
  }
  PyRef table(PyDict_New());
  if (!table || PyDict_SetItemString(table.get(), "table_name", name.get()) != 0 ||
      PyDict_SetItemString(table.get(), "rows", rows.get()) != 0)
    return {};
  return table;
}

}  // namespace

PyObject* DecodeTables(Reader& reader, PyObject* row_type_of) {
  const PausedCollector paused;
  const PyRef time_key(PyUnicode_InternFromString("time"));
  PyRef tables(PyList_New(0));
  if (!time_key || !tables) return nullptr;
  const std::uint32_t count = reader.Count();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const PyRef table = ReadTable(reader, row_type_of, time_key.get());
    if (!table || PyList_Append(tables.get(), table.get()) != 0) return nullptr;
  }
  return reader.ok() ? tables.Release() : BadPayload("batch");
}

}  // namespace tidemill::native
