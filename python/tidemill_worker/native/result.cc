#include "result.h"

#include <vector>

namespace tidemill::native {
namespace {

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

}  // namespace

PyObject* DecodeResult(Reader& reader) {
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

}  // namespace tidemill::native
