// Owning references to Python objects, and a pause for the cyclic collector.
//
// Everything in this folder is built against the stable ABI of Python 3.11 (Py_LIMITED_API).
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <vector>

namespace tidemill::native {

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

}  // namespace tidemill::native
