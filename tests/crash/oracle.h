// Everything that was ever sent to a node and what was said about it, held against what is there.
//
// A write is several rows of several tables that were sent together. Whoever was told "stored", or
// has once seen a row of it, must find all of it from then on, once. What was refused must never be
// there. A write without an answer is there whole or not at all, and the next restart decides
// which. The same for changes of the catalog, which are kept as facts. Every row of a test is
// unlike all others. One thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "tally.h"

namespace tidemill::crash {

// Rows as text, by "database.table".
using Rows = std::map<std::string, std::vector<std::string>>;
// What a catalog says: "table d.t" -> "", "column d.t.c" -> "int64", "retention d" -> "3600 s".
using Facts = std::map<std::string, std::string>;

enum class Told { kStored, kRefused, kUnknown };

// What the error of a write or a change tells a client. One that is dead tells nobody anything.
Told ToldBy(const Error& error, bool is_dead);

class Oracle {
 public:
  explicit Oracle(Tally& tally) : tally_(tally) {}

  // A write is on its way; `facts` are the columns it needs. Returns its number.
  std::size_t Send(const Rows& rows, Facts facts);
  void Answer(std::size_t write, Told told);
  // A change is on its way; `value` nullopt: the thing is to go. Only one of a key at a time.
  void AnswerChange(const std::string& key, std::optional<std::string> value, Told told);

  // A reader at any time. A part (rows in memory, when files cannot be read) says nothing about
  // what is missing.
  void SeeAll(const Rows& found) { See(found, true); }
  void SeePart(const Rows& found) { See(found, false); }
  // The first look after a restart: settles what had no answer.
  void SeeAfterRestart(const Rows& rows, const Facts& facts);

  // How many rows of answered writes must be there.
  std::size_t stored_rows() const;
  // Writes that must be there, by number.
  std::vector<std::size_t> Stored() const;
  // From now on these writes are allowed to be missing: a test has damaged the disk.
  void Excuse(std::size_t write);

 private:
  enum class State { kUnknown, kStored, kGone };  // kGone: must not be there, now or later
  struct Write {
    Facts facts;
    std::size_t rows = 0;
    State state = State::kUnknown;
    std::size_t found = 0;  // by the present look
    std::string first_row;
  };
  void See(const Rows& found, bool is_whole);
  void CountRow(const std::string& row);
  void Judge(Write& write, bool is_whole);
  void SeeFacts(const Facts& facts);

  Tally& tally_;
  std::vector<Write> writes_;
  std::unordered_map<std::string, std::size_t> write_of_;              // by "table row"
  std::map<std::string, std::set<std::optional<std::string>>> facts_;  // what each may be
};

}  // namespace tidemill::crash
