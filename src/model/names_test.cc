#include "model/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tidemill::model {
namespace {

void ExpectRefused(const Status& status, std::string_view message_part) {
  ASSERT_FALSE(status.ok()) << message_part;
  EXPECT_EQ(status.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(status.error().message, testing::HasSubstr(std::string(message_part)));
}

TEST(DatabaseName, AcceptsLettersDigitsAndOneInnerSlash) {
  for (const std::string& name :
       {std::string("a"), std::string("9"), std::string("My-db_2"), std::string("db/rp"),
        std::string("a/-"), std::string(511, 'x')}) {
    EXPECT_TRUE(ValidateDatabaseName(name).ok()) << name;
  }
}

TEST(DatabaseName, RefusesTheRestAndSaysWhy) {
  ExpectRefused(ValidateDatabaseName(""), "the name is empty");
  ExpectRefused(ValidateDatabaseName("_internal"), "bad first character");
  ExpectRefused(ValidateDatabaseName("/a"), "bad first character");
  ExpectRefused(ValidateDatabaseName("-a"), "bad first character");
  ExpectRefused(ValidateDatabaseName("a b"), "invalid database name 'a b': bad character");
  ExpectRefused(ValidateDatabaseName("a.b"), "bad character");
  ExpectRefused(ValidateDatabaseName("caf\xc3\xa9"), "bad character");
  ExpectRefused(ValidateDatabaseName("a/"), "ends in '/'");
  ExpectRefused(ValidateDatabaseName("a/b/c"), "more than one '/'");
  ExpectRefused(ValidateDatabaseName(std::string(512, 'x')), "512 bytes, at most 511");
}

TEST(TriggerName, AcceptsAnyTextWithoutSlashesAndControlCharacters) {
  for (const std::string& name : {std::string("t"), std::string("_t"), std::string("my trigger"),
                                  std::string("w\xc3\xa4rme"), std::string(255, 'x')}) {
    EXPECT_TRUE(ValidateTriggerName(name).ok()) << name;
  }
}

TEST(TriggerName, RefusesTheRestAndSaysWhy) {
  ExpectRefused(ValidateTriggerName(""), "the name is empty");
  ExpectRefused(ValidateTriggerName("a/b"), "'/' is not allowed");
  ExpectRefused(ValidateTriggerName("a\nb"), "control characters");
  ExpectRefused(ValidateTriggerName(std::string_view("a\0b", 3)), "control characters");
  ExpectRefused(ValidateTriggerName("\xff"), "not valid UTF-8");
  ExpectRefused(ValidateTriggerName(std::string(256, 'x')), "256 bytes, at most 255");
}

}  // namespace
}  // namespace tidemill::model
