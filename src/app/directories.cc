#include "app/directories.h"

#include <pwd.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <filesystem>

namespace tidemill::app {
namespace {

// Where "~" leads: HOME, else what the system knows of the user (a service has no HOME).
std::string HomeDirectory(const Environment& environment) {
  if (const auto home = environment("HOME"); home && !home->empty()) return *home;
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? "/" : user->pw_dir;
}

}  // namespace

void NameNode(ServeOptions& options) {
  if (!options.node_id.empty()) return;
  char host[256] = "";
  if (::gethostname(host, sizeof host - 1) != 0 || host[0] == '\0')
    std::snprintf(host, sizeof host, "primary");
  for (char& c : host) {
    if (c == '\0') break;
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.')
      c = '-';
  }
  options.node_id = std::string(host) + "-node";
  std::fprintf(stderr, "no --node-id given: quick start as node '%s'\n", options.node_id.c_str());
}

Result<std::string> AbsolutePath(const std::string& path, const Environment& environment) {
  std::string full = path;
  if (full == "~" || full.starts_with("~/")) full = HomeDirectory(environment) + full.substr(1);
  std::error_code error;
  full = std::filesystem::absolute(full, error).lexically_normal().string();
  if (error) return IoError("'" + path + "': no working directory: " + error.message());
  while (full.size() > 1 && full.ends_with('/')) full.pop_back();
  return full;
}

}  // namespace tidemill::app
