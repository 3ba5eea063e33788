#include "oracle.h"

#include <fmt/format.h>

#include <utility>

namespace tidemill::crash {

Told ToldBy(const Error& error, bool is_dead) {
  return is_dead || error.code == ErrorCode::kOutcomeUnknown ? Told::kUnknown : Told::kRefused;
}

std::size_t Oracle::Send(const Rows& rows, Facts facts) {
  Write write{.facts = std::move(facts), .first_row = {}};
  for (const auto& [table, texts] : rows) {
    for (const std::string& text : texts) {
      const std::string row = table + " " + text;
      if (write.rows++ == 0) write.first_row = row;
      CHECK(write_of_.emplace(row, writes_.size()).second) << "sent before: " << row;
    }
  }
  writes_.push_back(std::move(write));
  return writes_.size() - 1;
}

void Oracle::Answer(std::size_t number, Told told) {
  Write& write = writes_[number];
  if (told == Told::kStored) {
    write.state = State::kStored;
    tally_.Acknowledge(write.rows);
  } else if (told == Told::kRefused) {
    if (write.state == State::kStored)
      tally_.Wrong("refused, but a reader has seen it: " + write.first_row);
    write.state = State::kGone;
  }
  // The columns come first: they may be there even where the rows were refused.
  for (const auto& [key, value] : write.facts) {
    auto& may_be =
        facts_.try_emplace(key, std::set<std::optional<std::string>>{std::nullopt}).first->second;
    if (told == Told::kStored) may_be.clear();
    may_be.insert(value);
  }
}

void Oracle::AnswerChange(const std::string& key, std::optional<std::string> value, Told told) {
  auto& may_be =
      facts_.try_emplace(key, std::set<std::optional<std::string>>{std::nullopt}).first->second;
  if (told == Told::kRefused) return;
  if (told == Told::kStored) {
    may_be.clear();
    tally_.AcknowledgeChange();
  }
  may_be.insert(std::move(value));
}

void Oracle::SeeAfterRestart(const Rows& rows, const Facts& facts) {
  SeeAll(rows);
  for (Write& write : writes_) {
    if (write.state == State::kUnknown) write.state = State::kGone;
  }
  SeeFacts(facts);
}

void Oracle::See(const Rows& found, bool is_whole) {
  for (Write& write : writes_) write.found = 0;
  std::set<std::string> seen;
  for (const auto& [table, rows] : found) {
    for (const std::string& text : rows) {
      const std::string row = table + " " + text;
      if (seen.insert(row).second)
        CountRow(row);
      else
        tally_.Wrong("there twice: " + row);
    }
  }
  for (Write& write : writes_) Judge(write, is_whole);
}

void Oracle::CountRow(const std::string& row) {
  const auto write = write_of_.find(row);
  if (write == write_of_.end()) return tally_.Wrong("never sent: " + row);
  ++writes_[write->second].found;
}

void Oracle::Judge(Write& write, bool is_whole) {
  if (write.found > 0 && write.state == State::kGone) {
    tally_.Wrong("refused, or not there before, but there now: " + write.first_row);
  }
  if (is_whole && write.found < write.rows) {
    if (write.state == State::kStored) {
      tally_.Lose(fmt::format("{} of {} rows of the write of {}", write.rows - write.found,
                              write.rows, write.first_row));
    } else if (write.found > 0) {
      tally_.Wrong(fmt::format("torn: only {} of {} rows of the write of {}", write.found,
                               write.rows, write.first_row));
    }
  }
  // Seen once, it has to stay.
  if (write.found > 0 && write.state == State::kUnknown) write.state = State::kStored;
}

void Oracle::SeeFacts(const Facts& facts) {
  for (auto& [key, may_be] : facts_) {
    const auto fact = facts.find(key);
    const auto is = fact == facts.end() ? std::nullopt : std::optional(fact->second);
    if (!may_be.contains(is)) {
      tally_.Lose(fmt::format("change of the catalog: '{}' is '{}', and was said to be '{}'", key,
                              is.value_or("not there"), may_be.begin()->value_or("not there")));
    }
    may_be = {is};
  }
  for (const auto& [key, value] : facts) {
    if (!facts_.contains(key)) tally_.Wrong("in the catalog, but never asked for: " + key);
  }
}

std::size_t Oracle::stored_rows() const {
  std::size_t rows = 0;
  for (const Write& write : writes_) rows += write.state == State::kStored ? write.rows : 0;
  return rows;
}

std::vector<std::size_t> Oracle::Stored() const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < writes_.size(); ++i) {
    if (writes_[i].state == State::kStored) numbers.push_back(i);
  }
  return numbers;
}

void Oracle::Excuse(std::size_t write) { writes_[write].state = State::kUnknown; }

}  // namespace tidemill::crash
