// The bytes of a RowsRecord: what is in them, and in which order.
//
// Numbers that tend to be small (codes, series, time steps, integers) are variable-length; rows
// without a value take one bit. Nothing here compresses or checksums: records.cc and group_frame.cc
// do. Used by records.cc only.
#pragma once

#include "base/bytes.h"
#include "wal/records.h"

namespace tidemill::wal {

void EncodeRows(const RowsRecord& record, ByteWriter& writer);

// False (or a reader gone bad): these bytes are no rows record. What comes back with true is
// consistent (columnar::IsConsistent); nothing is allocated that the bytes left could not fill.
bool DecodeRows(ByteReader& reader, RowsRecord& record);

}  // namespace tidemill::wal
