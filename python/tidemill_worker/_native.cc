// The extension module tidemill_worker._native: its functions and how Python calls them.
//
// Built once against the stable ABI of Python 3.11, loaded by every later version. What it decodes
// is in native/; layout of the payloads: docs/formats/worker_protocol.md.
#include <signal.h>
#include <sys/prctl.h>

#include "native/result.h"
#include "native/tables.h"

namespace tidemill::native {
namespace {

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

PyObject* CallDecodeTables(PyObject*, PyObject* arguments) {
  PyObject* payload = nullptr;
  Py_ssize_t offset = 0;
  PyObject* row_type_of = nullptr;
  if (!PyArg_ParseTuple(arguments, "OnO", &payload, &offset, &row_type_of)) return nullptr;
  const BufferView view(payload);
  if (!view.ok()) return nullptr;
  Reader reader = view.ReaderAt(offset);
  return DecodeTables(reader, row_type_of);
}

PyObject* CallDecodeResult(PyObject*, PyObject* arguments) {
  PyObject* payload = nullptr;
  Py_ssize_t offset = 0;
  if (!PyArg_ParseTuple(arguments, "On", &payload, &offset)) return nullptr;
  const BufferView view(payload);
  if (!view.ok()) return nullptr;
  Reader reader = view.ReaderAt(offset);
  return DecodeResult(reader);
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
    {"decode_tables", CallDecodeTables, METH_VARARGS,
     "decode_tables(payload, offset, row_type_of) -> the table_batches of a data-write call"},
    {"decode_result", CallDecodeResult, METH_VARARGS,
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
}  // namespace tidemill::native

PyMODINIT_FUNC PyInit__native() { return PyModuleDef_Init(&tidemill::native::kModule); }
