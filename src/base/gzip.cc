#include "base/gzip.h"

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "base/check.h"

namespace tidemill {
namespace {

constexpr std::size_t kOutputStepBytesMin = 64 << 10;
constexpr std::size_t kOutputStepBytesMax = 8 << 20;
constexpr std::size_t kInputStepBytesMax = 1 << 30;  // the library counts in 32 bits

Error StreamError(std::string_view what) {
  return InvalidError(fmt::format("error decoding gzip stream: {}", what));
}

std::string_view InflateErrorText(int code) {
  switch (code) {
    case ISAL_INVALID_BLOCK: return "invalid deflate block";
    case ISAL_INVALID_SYMBOL: return "invalid deflate symbol";
    case ISAL_INVALID_LOOKBACK: return "invalid distance in deflate block";
    case ISAL_INVALID_WRAPPER: return "invalid gzip header";
    case ISAL_UNSUPPORTED_METHOD: return "unsupported compression method, expected deflate";
    case ISAL_INCORRECT_CHECKSUM: return "checksum or length does not match the content";
    default: return "corrupt stream";
  }
}

class Inflater {
 public:
  Inflater(std::string_view compressed, std::size_t output_bytes_max)
      // One byte more than allowed: that is how too much output is noticed.
      : buffer_bytes_max_(output_bytes_max + (output_bytes_max < SIZE_MAX ? 1 : 0)),
        output_bytes_max_(output_bytes_max),
        rest_(compressed),
        state_(std::make_unique<inflate_state>()) {}

  Result<std::string> Run() {
    StartMember();
    for (;;) {
      FeedInput();
      MakeRoom();
      const std::size_t had_output = written_;
      const std::uint32_t had_input = state_->avail_in;
      const int code = Step();
      if (code < 0 || code == ISAL_NEED_DICT) return StreamError(InflateErrorText(code));
      if (written_ > output_bytes_max_) return TooLarge();
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        if (state_->avail_in == 0 && rest_.empty()) break;
        StartMember();
      } else if (state_->avail_in == had_input && written_ == had_output && rest_.empty()) {
        return StreamError("unexpected end of the stream");
      }
    }
    output_.resize(written_);
    return std::move(output_);
  }

 private:
  void StartMember() {
    std::uint8_t* next_in = state_->next_in;
    const std::uint32_t avail_in = state_->avail_in;
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
    state_->next_in = next_in;
    state_->avail_in = avail_in;
  }
  void FeedInput() {
    if (state_->avail_in != 0 || rest_.empty()) return;
    const std::size_t step = std::min(rest_.size(), kInputStepBytesMax);
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(rest_.data()));  // NOLINT
    state_->avail_in = static_cast<std::uint32_t>(step);
    rest_.remove_prefix(step);
  }
  void MakeRoom() {
    if (written_ < output_.size()) return;
    const std::size_t step = std::clamp(output_.size(), kOutputStepBytesMin, kOutputStepBytesMax);
    output_.resize(std::min(buffer_bytes_max_, output_.size() + step));
  }
  int Step() {
    const std::size_t room =
        std::min<std::size_t>(output_.size() - written_, std::numeric_limits<std::uint32_t>::max());
    state_->next_out = reinterpret_cast<std::uint8_t*>(output_.data() + written_);
    state_->avail_out = static_cast<std::uint32_t>(room);
    const int code = isal_inflate(state_.get());
    written_ += room - state_->avail_out;
    return code;
  }
  Error TooLarge() const {
    return {ErrorCode::kTooLarge,
            fmt::format("gzip stream is larger than {} bytes when decoded", output_bytes_max_)};
  }

  const std::size_t buffer_bytes_max_;
  const std::size_t output_bytes_max_;
  std::string_view rest_;  // input not yet handed to the library
  const std::unique_ptr<inflate_state> state_;
  std::string output_;  // its first written_ bytes count
  std::size_t written_ = 0;
};

}  // namespace

Result<std::string> Gunzip(std::string_view compressed, std::size_t output_bytes_max) {
  return Inflater(compressed, output_bytes_max).Run();
}

std::string Gzip(std::string_view plain) {
  const auto stream = std::make_unique<isal_zstream>();
  std::vector<std::uint8_t> work(ISAL_DEF_LVL1_DEFAULT);
  isal_deflate_init(stream.get());
  stream->gzip_flag = IGZIP_GZIP;
  stream->level = 1;
  stream->level_buf = work.data();
  stream->level_buf_size = static_cast<std::uint32_t>(work.size());

  std::string out;
  do {
    if (stream->avail_in == 0) {
      const std::size_t step = std::min(plain.size(), kInputStepBytesMax);
      stream->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(plain.data()));  // NOLINT
      stream->avail_in = static_cast<std::uint32_t>(step);
      plain.remove_prefix(step);
      stream->end_of_stream = plain.empty() ? 1 : 0;
    }
    const std::size_t had = out.size();
    out.resize(had + std::clamp(had, kOutputStepBytesMin, kOutputStepBytesMax));
    stream->next_out = reinterpret_cast<std::uint8_t*>(out.data() + had);
    stream->avail_out = static_cast<std::uint32_t>(out.size() - had);
    const int code = isal_deflate(stream.get());
    CHECK(code == COMP_OK) << "isal_deflate: " << code;
    out.resize(out.size() - stream->avail_out);
  } while (stream->internal_state.state != ZSTATE_END);
  return out;
}

}  // namespace tidemill
