#include "columnar/merge_runs.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::columnar {
namespace {

bool IsText(const ValueVector& values) { return values.type.kind == ValueKind::kString; }

std::int64_t TimeAt(const ValueBatch& batch, std::size_t tags, std::size_t row) {
  return static_cast<std::int64_t>(batch.columns[tags].words[row]);
}

std::strong_ordering CompareTag(const ValueVector& a, std::size_t i, const ValueVector& b,
                                std::size_t j) {
  const bool a_is_null = a.IsNull(i);
  const bool b_is_null = b.IsNull(j);
  if (a_is_null || b_is_null) return b_is_null <=> a_is_null;  // NULL first
  return a.strings[i] <=> b.strings[j];
}

std::strong_ordering CompareKeys(std::size_t tags, const ValueBatch& a, std::size_t i,
                                 const ValueBatch& b, std::size_t j) {
  for (std::size_t tag = 0; tag < tags; ++tag) {
    const auto order = CompareTag(a.columns[tag], i, b.columns[tag], j);
    if (order != std::strong_ordering::equal) return order;
  }
  return TimeAt(a, tags, i) <=> TimeAt(b, tags, j);
}

// Times differ more often than tags, and cost less to compare.
bool SameKey(std::size_t tags, const ValueBatch& a, std::size_t i, const ValueBatch& b,
             std::size_t j) {
  return TimeAt(a, tags, i) == TimeAt(b, tags, j) &&
         CompareKeys(tags, a, i, b, j) == std::strong_ordering::equal;
}

void AppendStrings(const StringColumn& in, std::size_t begin, std::size_t end, StringColumn& out) {
  const std::uint32_t first = begin == 0 ? 0 : in.ends[begin - 1];
  const auto base = static_cast<std::uint32_t>(out.bytes.size());
  out.bytes.append(in.bytes, first, in.ends[end - 1] - first);
  for (std::size_t i = begin; i < end; ++i) out.ends.push_back(base + (in.ends[i] - first));
}

// Rows [begin, end), at least one; `out` has `rows` before.
void AppendValues(const ValueVector& in, std::size_t begin, std::size_t end, std::size_t rows,
                  ValueVector& out) {
  const auto from = static_cast<std::ptrdiff_t>(begin);
  const auto to = static_cast<std::ptrdiff_t>(end);
  if (!in.valid.empty()) {
    if (out.valid.empty()) out.valid.assign(rows, 1);
    out.valid.insert(out.valid.end(), in.valid.begin() + from, in.valid.begin() + to);
  } else if (!out.valid.empty()) {
    out.valid.resize(rows + end - begin, 1);
  }
  if (IsText(in)) {
    AppendStrings(in.strings, begin, end, out.strings);
  } else {
    out.words.insert(out.words.end(), in.words.begin() + from, in.words.begin() + to);
  }
}

// The value of `row`, unless it is NULL, becomes the last of `out`.
void OverwriteLast(const ValueVector& in, std::size_t row, ValueVector& out) {
  if (in.IsNull(row)) return;
  if (!out.valid.empty()) out.valid.back() = 1;
  if (IsText(in)) {
    out.strings.Truncate(out.strings.size() - 1);
    out.strings.Append(in.strings[row]);
  } else {
    out.words.back() = in.words[row];
  }
}

void AppendRows(const ValueBatch& in, std::size_t begin, std::size_t end, ValueBatch& out) {
  for (std::size_t i = out.columns.size(); i < in.columns.size(); ++i) {
    out.columns.emplace_back().type = in.columns[i].type;
  }
  for (std::size_t i = 0; i < in.columns.size(); ++i) {
    AppendValues(in.columns[i], begin, end, out.rows, out.columns[i]);
  }
  out.rows += end - begin;
}

// First of [begin, end) for which `holds` is false, where it holds for a prefix that includes
// `begin`: steps that double, then halves, so that a short prefix is as cheap as a long one.
template <typename Holds>
std::size_t EndOfPrefix(std::size_t begin, std::size_t end, Holds holds) {
  std::size_t low = begin + 1;
  std::size_t step = 1;
  while (low < end && holds(std::min(low + step, end) - 1)) {
    low = std::min(low + step, end);
    step *= 2;
  }
  std::size_t high = std::min(low + step, end);
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (holds(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

// A place in a run.
class MergeRuns::Cursor {
 public:
  // `age`: the newest run has 0.
  Cursor(Run run, std::size_t age, std::size_t tags)
      : run_(std::move(run)), age_(age), tags_(tags) {}

  bool has_rows() const { return row_ < batch_.rows; }
  const ValueBatch& batch() const { return batch_; }
  std::size_t row() const { return row_; }

  // Puts `row` of this batch before the head of `other`: a lower key, or the same and older.
  bool IsBefore(std::size_t row, const Cursor& other) const {
    const auto order = CompareKeys(tags_, batch_, row, other.batch_, other.row_);
    if (order != std::strong_ordering::equal) return order == std::strong_ordering::less;
    return age_ > other.age_;
  }

  // The rows from the head on that are different points and come before the head of `next`
  // (nullptr: there is none), at most `rows_max`. The head does come before it.
  std::size_t EndOfPoints(const Cursor* next, std::size_t rows_max) const {
    std::size_t end = std::min(batch_.rows, row_ + rows_max);
    if (next != nullptr) {
      end = EndOfPrefix(row_, end, [&](std::size_t row) { return IsBefore(row, *next); });
    }
    for (std::size_t row = row_ + 1; row < end; ++row) {
      if (SameKey(tags_, batch_, row, batch_, row - 1)) return row;
    }
    return end;
  }

  // Goes to `row`, into the next batch where this one ends.
  Status MoveTo(std::size_t row) {
    row_ = row;
    while (row_ >= batch_.rows) {
      TRY_ASSIGN(auto batch, run_());
      row_ = 0;
      batch_ = batch ? std::move(*batch) : ValueBatch();
      if (!batch) return Ok();
    }
    return Ok();
  }

 private:
  const Run run_;
  const std::size_t age_;
  const std::size_t tags_;
  ValueBatch batch_;
  std::size_t row_ = 0;
};

MergeRuns::MergeRuns(std::vector<Run> newest_first, Options options) : options_(options) {
  for (Run& run : newest_first) {
    cursors_.push_back(std::make_unique<Cursor>(std::move(run), cursors_.size(), options_.tags));
  }
}

MergeRuns::~MergeRuns() = default;

Result<std::optional<ValueBatch>> MergeRuns::Next() {
  if (!is_started_) TRY(Start());
  ValueBatch out;
  while (!queue_.empty()) {
    if (IsFull(out) && !ContinuesLastPoint(out)) break;
    TRY(TakeRows(out));
  }
  if (out.rows == 0) return std::optional<ValueBatch>();
  return std::optional(std::move(out));
}

Status MergeRuns::Start() {
  for (const auto& cursor : cursors_) {
    TRY(cursor->MoveTo(0));
    Enqueue(cursor.get());
  }
  is_started_ = true;
  return Ok();
}

void MergeRuns::Enqueue(Cursor* cursor) {
  if (!cursor->has_rows()) return;
  auto place = queue_.end();
  while (place != queue_.begin() && !cursor->IsBefore(cursor->row(), **std::prev(place))) --place;
  queue_.insert(place, cursor);
}

// Rows come in the order of their keys, of equal ones the oldest first: a row that goes on with the
// last point overwrites it.
Status MergeRuns::TakeRows(ValueBatch& out) {
  Cursor& lowest = *queue_.back();
  std::size_t end = lowest.row() + 1;
  if (ContinuesLastPoint(out)) {
    for (std::size_t i = options_.tags + 1; i < out.columns.size(); ++i) {
      OverwriteLast(lowest.batch().columns[i], lowest.row(), out.columns[i]);
    }
  } else {
    const Cursor* next = queue_.size() > 1 ? queue_[queue_.size() - 2] : nullptr;
    end = lowest.EndOfPoints(next, options_.rows_max - out.rows);
    AppendRows(lowest.batch(), lowest.row(), end, out);
  }
  queue_.pop_back();
  TRY(lowest.MoveTo(end));
  Enqueue(&lowest);
  return Ok();
}

bool MergeRuns::IsFull(const ValueBatch& out) const {
  if (out.rows >= options_.rows_max) return true;
  std::size_t bytes = 0;
  for (const ValueVector& column : out.columns) bytes += column.strings.bytes.size();
  return bytes >= options_.text_bytes_max;
}

bool MergeRuns::ContinuesLastPoint(const ValueBatch& out) const {
  if (out.rows == 0) return false;
  const Cursor& lowest = *queue_.back();
  return SameKey(options_.tags, lowest.batch(), lowest.row(), out, out.rows - 1);
}

}  // namespace tidemill::columnar
