// Is a data file what the manifest says it is? Reads all of it; changes nothing.
#pragma once

#include "base/result.h"
#include "objectstore/object_store.h"
#include "storage/table_version.h"

namespace tidemill::storage {

// Length and every block against the block checksums, and those against the manifest. Errors name
// the object and, where one block is wrong, its offset: kCorrupt, kNotFound, kIo.
Status CheckDataFile(objectstore::ObjectStore& store, const FileEntry& file);

}  // namespace tidemill::storage
