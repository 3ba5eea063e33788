// The tables of a data-write call: columns to rows. Written by src/plugin_host/batch_codec.cc.
#pragma once

#include "payload.h"

namespace tidemill::native {

// A new reference to the list of {"table_name": …, "rows": […]}; nullptr with an exception set.
// `row_type_of(table, columns)` gives the dict subclass of a table's rows.
PyObject* DecodeTables(Reader& reader, PyObject* row_type_of);

}  // namespace tidemill::native
