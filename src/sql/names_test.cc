#include "sql/names.h"

#include <gtest/gtest.h>

namespace tidemill::sql {
namespace {

TEST(Names, StayAsTheyAreWithoutCollisions) {
  Names names;
  names.AddTable({"time", "Temp", "host#1"});
  EXPECT_TRUE(names.IsPlain());
  EXPECT_EQ(names.Inner("Temp"), "Temp");
  EXPECT_EQ(names.Outer("host#1"), "host#1");
}

TEST(Names, AreUniqueWithoutCaseInsideAndComeBack) {
  Names names;
  names.AddTable({"time", "Temp", "temp", "TEMP", "usage"});
  EXPECT_FALSE(names.IsPlain());
  EXPECT_EQ(names.Inner("usage"), "usage");
  EXPECT_EQ(names.Inner("Temp"), "Temp#8");
  EXPECT_EQ(names.Inner("temp"), "temp#0");
  EXPECT_EQ(names.Inner("TEMP"), "TEMP#f");
  for (const char* name : {"Temp", "temp", "TEMP", "usage", "x#1"}) {
    EXPECT_EQ(names.Outer(names.Inner(name)), name);
  }
}

TEST(Names, OfDifferentTablesDoNotCollide) {
  Names names;
  names.AddTable({"Temp"});
  names.AddTable({"temp"});
  EXPECT_TRUE(names.IsPlain());
}

}  // namespace
}  // namespace tidemill::sql
