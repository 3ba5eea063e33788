// The result of a query: columns to dicts. Written by src/plugin_host/result_codec.cc.
#pragma once

#include "payload.h"

namespace tidemill::native {

// A new reference to a list of dicts, one per row; nullptr with an exception set.
PyObject* DecodeResult(Reader& reader);

}  // namespace tidemill::native
