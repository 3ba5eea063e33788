#include "query/stored_table.h"

namespace tidemill::query {

sql::StoredTable MakeStoredTable(const std::string& database, const catalog::Table& table,
                                 const storage::VersionPtr& version) {
  sql::StoredTable stored;
  stored.database = database;
  stored.name = table.name;
  stored.schema = table.schema;
  stored.chunks = version->chunks;
  for (const auto& file : version->files) {
    stored.files.push_back({.object = file->object,
                            .bytes = file->bytes,
                            .rows = file->rows,
                            .min_time = file->min_time,
                            .max_time = file->max_time,
                            .may_overwrite = file->may_overwrite,
                            .overwrite_min = file->overwrite_min,
                            .overwrite_max = file->overwrite_max});
  }
  stored.cutoff = version->cutoff;
  stored.pin = version;
  return stored;
}

}  // namespace tidemill::query
