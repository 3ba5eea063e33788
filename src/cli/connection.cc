#include "cli/connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace tidemill::cli {
namespace {

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::size_t kTokenBytesMax = 8192;

// Both become part of a request's header, where a blank or a line end would mean something else.
Setter HeaderText(std::string& into, std::size_t bytes_max) {
  return [&into, bytes_max](const std::string& value) -> Status {
    const bool is_visible =
        std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (!is_visible || value.size() > bytes_max) {
      return InvalidError(fmt::format("expected at most {} visible ASCII characters", bytes_max));
    }
    into = value;
    return Ok();
  };
}

}  // namespace

void Connection::Declare(Arguments& arguments) {
  arguments.Add(Flag{.name = "host",
                     .letter = 'H',
                     .environment = "INFLUXDB3_HOST_URL",
                     .placeholder = "URL",
                     .help = "Server to talk to (http://127.0.0.1:8181)",
                     .set = HeaderText(host_, kUrlBytesMax)});
  arguments.Add(Flag{.name = "token",
                     .environment = "INFLUXDB3_AUTH_TOKEN",
                     .placeholder = "TOKEN",
                     .help = "Token to authenticate with",
                     .set = HeaderText(token_, kTokenBytesMax)});
  arguments.Add(Flag{.name = "tls-ca",
                     .environment = "INFLUXDB3_TLS_CA",
                     .placeholder = "FILE",
                     .help = "PEM file of the authority that signed the server's certificate",
                     .is_path = true,
                     .set = Text(tls_ca_)});
  arguments.Add(Flag{.name = "tls-no-verify",
                     .environment = "INFLUXDB3_TLS_NO_VERIFY",
                     .help = "Do not verify the server's certificate",
                     .set = Switch(tls_no_verify_)});
}

void Connection::DeclareDatabase(Arguments& arguments, std::string& into) {
  arguments.Add(Flag{.name = "database",
                     .letter = 'd',
                     .environment = "INFLUXDB3_DATABASE_NAME",
                     .placeholder = "DATABASE",
                     .help = "Database to work in",
                     .is_required = true,
                     .set = Text(into)});
}

void Connection::DeclareHostOverride(Arguments& arguments, std::string name,
                                     std::string environment) {
  arguments.Add(Flag{.name = std::move(name),
                     .environment = std::move(environment),
                     .placeholder = "URL",
                     .help = "Server to talk to instead of --host",
                     .set = HeaderText(host_override_, kUrlBytesMax)});
}

Result<std::unique_ptr<http::Client>> Connection::Open(const Context& context) const {
  return context.connect({.url = host_override_.empty() ? host_ : host_override_,
                          .token = token_,
                          .tls_ca = tls_ca_,
                          .tls_no_verify = tls_no_verify_});
}

}  // namespace tidemill::cli
