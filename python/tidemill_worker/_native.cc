// Columns from the server to Python objects: rows for data-write plugins, results of queries.
//
// An extension module of the stable ABI of Python 3.11 (Py_LIMITED_API): built once, loaded by
// every later version. Reads the payloads that src/plugin_host/batch_codec.cc and result_codec.cc
// write; layout: docs/formats/worker_protocol.md. The server is trusted, yet every bound is
// checked, so that a mistake is a ValueError and no crash.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

// ---- Owning references --------------------------------------------------------------------------

class PyRef {
 public:
  PyRef() = default;
  explicit PyRef(PyObject* owned) : object_(owned) {}
  static PyRef Borrow(PyObject* object) {
    Py_XINCREF(object);
    return PyRef(object);
  }
  PyRef(PyRef&& other) noexcept : object_(other.Release()) {}
  PyRef& operator=(PyRef&& other) noexcept {
    if (this != &other) {
      Py_XDECREF(object_);
      object_ = other.Release();
    }
    return *this;
  }
  ~PyRef() { Py_XDECREF(object_); }

  PyObject* get() const { return object_; }
  PyObject* Release() {
    PyObject* out = object_;
    object_ = nullptr;
    return out;
  }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  PyObject* object_ = nullptr;
};

using PyRefs = std::vector<PyRef>;

// Pauses the cyclic collector: it would look through all rows again and again while they are made.
class PausedCollector {
 public:
  PausedCollector() : was_enabled_(PyGC_Disable()) {}
  ~PausedCollector() {
    if (was_enabled_ != 0) PyGC_Enable();
  }
  PausedCollector(const PausedCollector&) = delete;
  PausedCollector& operator=(const PausedCollector&) = delete;

 private:
  int was_enabled_;
};

// ---- Reading the payload ------------------------------------------------------------------------

// Values of type T somewhere in the payload, which need not be aligned for T in memory.
template <typename T>
struct Array {
  const char* begin = nullptr;
  T operator[](std::size_t i) const {
    T value;
    std::memcpy(&value, begin + i * sizeof(T), sizeof value);
    return value;
  }
};

struct Bytes {
  const char* begin = nullptr;
  std::size_t size = 0;
};

// Goes bad at the first byte that is not there, and stays bad.
class Reader {
 public:
  Reader(const char* begin, std::size_t size, std::size_t offset)
      : begin_(begin), size_(size), at_(offset), ok_(offset <= size) {}

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  template <typename T>
  T Fixed() {
    T value{};
    if (const char* at = Take(sizeof value)) std::memcpy(&value, at, sizeof value);
    return value;
  }
  Bytes Text() {
    const auto size = Fixed<std::uint32_t>();
    return {Take(size), ok_ ? size : 0};
  }
  template <typename T>
  Array<T> Items(std::size_t count) {
    at_ = (at_ + 7) / 8 * 8;
    if (at_ > size_ || count > (size_ - at_) / sizeof(T)) {
      ok_ = false;
      return {};
    }
    return {Take(count * sizeof(T))};
  }
  // A count of things of at least one byte each.
  std::uint32_t Count() {
    const auto count = Fixed<std::uint32_t>();
    if (ok_ && count > size_ - at_) ok_ = false;
    return ok_ ? count : 0;
  }

 private:
  const char* Take(std::size_t count) {
    if (!ok_ || at_ > size_ || count > size_ - at_) {
      ok_ = false;
      return nullptr;
    }
    const char* out = begin_ + at_;
    at_ += count;
    return out;
  }

  const char* begin_;
  std::size_t size_;
  std::size_t at_;
  bool ok_;
};

struct Strings {
  Array<std::uint32_t> ends;
  Bytes bytes;
  // False: out of bounds.
  bool Get(std::size_t i, Bytes& out) const {
    const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
    const std::uint32_t end = ends[i];
    if (begin > end || end > bytes.size) return false;
    out = {bytes.begin + begin, end - begin};
    return true;
  }
};

Strings ReadStrings(Reader& reader, std::size_t count) {
  Strings strings;
  strings.ends = reader.Items<std::uint32_t>(count);
  strings.bytes = reader.Text();
  return strings;
}

PyObject* ToStr(Bytes text) {
  return PyUnicode_DecodeUTF8(text.begin, static_cast<Py_ssize_t>(text.size), "replace");
}

// A dict key: interned, so that a plugin's own literals are found by identity.
PyObject* ToKey(Bytes text) {
  PyObject* key = ToStr(text);
  if (key != nullptr) PyUnicode_InternInPlace(&key);
  return key;
}

PyObject* BadPayload(const char* what) {
  if (PyErr_Occurred() == nullptr) PyErr_Format(PyExc_ValueError, "bad %s from the server", what);
  return nullptr;
}

template <typename T>
T BitsTo(std::uint64_t word) {
  T value;
  static_assert(sizeof value == sizeof word);
  std::memcpy(&value, &word, sizeof value);
  return value;
}

// ---- Rows of a data-write call ------------------------------------------------------------------

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

PyObject* DecodeTablesFrom(Reader& reader, PyObject* row_type_of) {
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

// ---- Rows of a query ----------------------------------------------------------------------------

// As columnar::ValueKind numbers them.
enum class Kind : std::uint8_t {
  kNull = 0,
  kBool = 1,
  kInt64 = 2,
  kUInt64 = 3,
  kFloat64 = 4,
  kString = 5,
  kTimestamp = 6,
  kTimestampTz = 7,
  kDate = 8,
  kTime = 9,
  kInterval = 10,
  kBinary = 11,
  kList = 12,
  kStruct = 13,
};

// Deeper nesting than any result has; it bounds the recursion.
constexpr int kDepthMax = 64;
constexpr std::int64_t kDaysFromYearOneToEpoch = 719163;
constexpr std::int64_t kNanosPerDay = 86'400'000'000'000;

struct Type {
  Kind kind = Kind::kNull;
  PyRefs names;  // of struct fields
  std::vector<Type> children;
};

bool ReadType(Reader& reader, Type& type, int depth) {
  type.kind = static_cast<Kind>(reader.Fixed<std::uint8_t>());
  if (type.kind > Kind::kStruct || depth > kDepthMax) reader.Fail();
  type.children.resize(reader.Count());
  if (type.kind == Kind::kList && type.children.size() != 1) reader.Fail();
  for (Type& child : type.children) {
    type.names.emplace_back(ToKey(reader.Text()));
    if (!reader.ok() || !type.names.back() || !ReadType(reader, child, depth + 1)) return false;
  }
  return reader.ok();
}

struct Vector {
  const Type* type = nullptr;
  std::uint32_t rows = 0;
  bool has_valid = false;
  Array<std::uint8_t> valid;
  Array<std::uint64_t> words;
  Strings strings;
  Array<std::uint32_t> ends;
  std::vector<Vector> children;
};

bool ReadVector(Reader& reader, const Type& type, Vector& vector) {
  vector.type = &type;
  vector.rows = reader.Fixed<std::uint32_t>();
  vector.has_valid = reader.Fixed<std::uint8_t>() != 0;
  if (vector.has_valid) vector.valid = reader.Items<std::uint8_t>(vector.rows);
  switch (type.kind) {
    case Kind::kNull: break;
    case Kind::kInterval:
      vector.words = reader.Items<std::uint64_t>(std::size_t{3} * vector.rows);
      break;
    case Kind::kString:
    case Kind::kBinary: vector.strings = ReadStrings(reader, vector.rows); break;
    case Kind::kList: vector.ends = reader.Items<std::uint32_t>(vector.rows); break;
    case Kind::kStruct: break;
    case Kind::kBool:
    case Kind::kInt64:
    case Kind::kUInt64:
    case Kind::kFloat64:
    case Kind::kTimestamp:
    case Kind::kTimestampTz:
    case Kind::kDate:
    case Kind::kTime: vector.words = reader.Items<std::uint64_t>(vector.rows); break;
  }
  vector.children.resize(type.children.size());
  for (std::size_t i = 0; i < type.children.size() && reader.ok(); ++i)
    if (!ReadVector(reader, type.children[i], vector.children[i])) return false;
  return reader.ok();
}

struct Types {
  PyRef date_from_ordinal;
};

PyObject* ToDate(const Types& types, std::int64_t days) {
  PyObject* date = PyObject_CallFunction(types.date_from_ordinal.get(), "L",
                                         static_cast<long long>(days + kDaysFromYearOneToEpoch));
  if (date != nullptr ||
      !(PyErr_ExceptionMatches(PyExc_ValueError) || PyErr_ExceptionMatches(PyExc_OverflowError)))
    return date;
  PyErr_Clear();  // a year that Python's dates do not reach
  return PyLong_FromLongLong(days);
}

// Nanoseconds, as every time is; months have no length, so an interval with months is a dict.
PyObject* ToInterval(std::int64_t months, std::int64_t days, std::int64_t nanos) {
  if (months == 0) {
    const PyRef day(PyLong_FromLongLong(kNanosPerDay));
    const PyRef count(PyLong_FromLongLong(days));
    const PyRef rest(PyLong_FromLongLong(nanos));
    const PyRef whole(PyNumber_Multiply(count.get(), day.get()));
    return PyNumber_Add(whole.get(), rest.get());
  }
  return Py_BuildValue("{sLsLsL}", "months", static_cast<long long>(months), "days",
                       static_cast<long long>(days), "nanoseconds", static_cast<long long>(nanos));
}

PyObject* ToValue(const Types& types, const Vector& vector, std::uint32_t row);

PyObject* ToList(const Types& types, const Vector& vector, std::uint32_t row) {
  const Vector& items = vector.children[0];
  const std::uint32_t begin = row == 0 ? 0 : vector.ends[row - 1];
  const std::uint32_t end = vector.ends[row];
  if (begin > end || end > items.rows) return BadPayload("result");
  PyRef list(PyList_New(0));
  for (std::uint32_t i = begin; list && i < end; ++i) {
    const PyRef item(ToValue(types, items, i));
    if (!item || PyList_Append(list.get(), item.get()) != 0) return nullptr;
  }
  return list.Release();
}

PyObject* ToStruct(const Types& types, const Vector& vector, std::uint32_t row) {
  PyRef dict(PyDict_New());
  for (std::size_t i = 0; dict && i < vector.children.size(); ++i) {
    const PyRef value(ToValue(types, vector.children[i], row));
    if (!value || PyDict_SetItem(dict.get(), vector.type->names[i].get(), value.get()) != 0)
      return nullptr;
  }
  return dict.Release();
}

PyObject* ToValue(const Types& types, const Vector& vector, std::uint32_t row) {
  if (row >= vector.rows) return BadPayload("result");
  if (vector.type->kind == Kind::kNull || (vector.has_valid && vector.valid[row] == 0))
    return PyRef::Borrow(Py_None).Release();
  Bytes text;
  switch (vector.type->kind) {
    case Kind::kNull: break;
    case Kind::kBool: return PyBool_FromLong(vector.words[row] != 0);
    case Kind::kUInt64: return PyLong_FromUnsignedLongLong(vector.words[row]);
    case Kind::kFloat64: return PyFloat_FromDouble(BitsTo<double>(vector.words[row]));
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kTimestampTz:
    case Kind::kTime: return PyLong_FromLongLong(BitsTo<std::int64_t>(vector.words[row]));
    case Kind::kDate: return ToDate(types, BitsTo<std::int64_t>(vector.words[row]));
    case Kind::kInterval:
      return ToInterval(BitsTo<std::int64_t>(vector.words[std::size_t{3} * row]),
                        BitsTo<std::int64_t>(vector.words[std::size_t{3} * row + 1]),
                        BitsTo<std::int64_t>(vector.words[std::size_t{3} * row + 2]));
    case Kind::kString: return vector.strings.Get(row, text) ? ToStr(text) : BadPayload("result");
    case Kind::kBinary:
      if (!vector.strings.Get(row, text)) return BadPayload("result");
      return PyBytes_FromStringAndSize(text.begin, static_cast<Py_ssize_t>(text.size));
    case Kind::kList: return ToList(types, vector, row);
    case Kind::kStruct: return ToStruct(types, vector, row);
  }
  return BadPayload("result");
}

struct Column {
  PyRef name;
  Type type;
};

bool AppendBatch(Reader& reader, const Types& types, const std::vector<Column>& columns,
                 PyObject* list) {
  const auto rows = reader.Fixed<std::uint32_t>();
  std::vector<Vector> vectors(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!ReadVector(reader, columns[i].type, vectors[i]) || vectors[i].rows != rows)
      return BadPayload("result") != nullptr;
  }
  PyRef form(PyDict_New());  // keys in the order of the select list
  for (const Column& column : columns)
    if (!form || PyDict_SetItem(form.get(), column.name.get(), Py_None) != 0) return false;
  for (std::uint32_t row = 0; row < rows; ++row) {
    const PyRef made(PyDict_Copy(form.get()));
    if (!made) return false;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const PyRef value(ToValue(types, vectors[i], row));
      if (!value || PyDict_SetItem(made.get(), columns[i].name.get(), value.get()) != 0)
        return false;
    }
    if (PyList_Append(list, made.get()) != 0) return false;
  }
  return reader.ok();
}

bool FindTypes(Types& types) {
  const PyRef module(PyImport_ImportModule("datetime"));
  const PyRef date(module ? PyObject_GetAttrString(module.get(), "date") : nullptr);
  types.date_from_ordinal =
      PyRef(date ? PyObject_GetAttrString(date.get(), "fromordinal") : nullptr);
  return static_cast<bool>(types.date_from_ordinal);
}

PyObject* DecodeResultFrom(Reader& reader) {
  const PausedCollector paused;
  Types types;
  if (!FindTypes(types)) return nullptr;
  std::vector<Column> columns(reader.Count());
  for (Column& column : columns) {
    column.name = PyRef(ToKey(reader.Text()));
    if (!column.name || !ReadType(reader, column.type, 0)) return BadPayload("result");
  }
  PyRef list(PyList_New(0));
  if (!list) return nullptr;
  const std::uint32_t batches = reader.Count();
  for (std::uint32_t i = 0; i < batches; ++i)
    if (!AppendBatch(reader, types, columns, list.get())) return BadPayload("result");
  return reader.ok() ? list.Release() : BadPayload("result");
}

// ---- The module ---------------------------------------------------------------------------------

class BufferView {
 public:
  explicit BufferView(PyObject* object)
      : ok_(PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) == 0) {}
  ~BufferView() {
    if (ok_) PyBuffer_Release(&view_);
  }
  BufferView(const BufferView&) = delete;
  BufferView& operator=(const BufferView&) = delete;
  bool ok() const { return ok_; }
  Reader ReaderAt(Py_ssize_t offset) const {
    return Reader(static_cast<const char*>(view_.buf), static_cast<std::size_t>(view_.len),
                  offset < 0 ? SIZE_MAX : static_cast<std::size_t>(offset));
  }

 private:
  Py_buffer view_{};
  bool ok_;
};

PyObject* DecodeTables(PyObject*, PyObject* arguments) {
  PyObject* payload = nullptr;
  Py_ssize_t offset = 0;
  PyObject* row_type_of = nullptr;
  if (!PyArg_ParseTuple(arguments, "OnO", &payload, &offset, &row_type_of)) return nullptr;
  const BufferView view(payload);
  if (!view.ok()) return nullptr;
  Reader reader = view.ReaderAt(offset);
  return DecodeTablesFrom(reader, row_type_of);
}

PyObject* DecodeResult(PyObject*, PyObject* arguments) {
  PyObject* payload = nullptr;
  Py_ssize_t offset = 0;
  if (!PyArg_ParseTuple(arguments, "On", &payload, &offset)) return nullptr;
  const BufferView view(payload);
  if (!view.ok()) return nullptr;
  Reader reader = view.ReaderAt(offset);
  return DecodeResultFrom(reader);
}

PyObject* RaiseInThread(PyObject*, PyObject* arguments) {
  unsigned long thread = 0;
  PyObject* exception = nullptr;
  if (!PyArg_ParseTuple(arguments, "kO", &thread, &exception)) return nullptr;
  PyThreadState_SetAsyncExc(thread, exception);
  Py_RETURN_NONE;
}

PyObject* ClearRaise(PyObject*, PyObject* arguments) {
  unsigned long thread = 0;
  if (!PyArg_ParseTuple(arguments, "k", &thread)) return nullptr;
  PyThreadState_SetAsyncExc(thread, nullptr);
  Py_RETURN_NONE;
}

// Called on the main thread at the start. A server that died before this call has closed the
// control socket, which ends the worker as well.
PyObject* DieWithParent(PyObject*, PyObject*) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return PyErr_SetFromErrno(PyExc_OSError);
  Py_RETURN_NONE;
}

PyMethodDef kMethods[] = {
    {"decode_tables", DecodeTables, METH_VARARGS,
     "decode_tables(payload, offset, row_type_of) -> the table_batches of a data-write call"},
    {"decode_result", DecodeResult, METH_VARARGS,
     "decode_result(payload, offset) -> the rows of a query"},
    {"raise_in_thread", RaiseInThread, METH_VARARGS,
     "raise_in_thread(thread, exception_class): raises it in that thread's Python code"},
    {"clear_raise", ClearRaise, METH_VARARGS,
     "clear_raise(thread): takes back a raise that has not happened yet"},
    {"die_with_parent", DieWithParent, METH_NOARGS,
     "die_with_parent(): the kernel kills this process when its parent ends"},
    {nullptr, nullptr, 0, nullptr}};

PyModuleDef_Slot kSlots[] = {{0, nullptr}};

PyModuleDef kModule = {PyModuleDef_HEAD_INIT,
                       "_native",
                       "Columns from the server to Python objects.",
                       0,
                       kMethods,
                       kSlots,
                       nullptr,
                       nullptr,
                       nullptr};

}  // namespace

PyMODINIT_FUNC PyInit__native() { return PyModuleDef_Init(&kModule); }
