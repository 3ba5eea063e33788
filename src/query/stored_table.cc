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
    stored.files.push_back({file->object, file->bytes, file->rows, file->min_time, file->max_time});
  }
  stored.cutoff = version->cutoff;
  stored.pin = version;
  return stored;
}

}  // namespace tidemill::query
