#include "cli/connection.h"

namespace tidemill::cli {

void Connection::Declare(Arguments& arguments) {
  arguments.Add(Flag{.name = "host",
                     .letter = 'H',
                     .environment = "INFLUXDB3_HOST_URL",
                     .placeholder = "URL",
                     .help = "Server to talk to (http://127.0.0.1:8181)",
                     .set = Text(host_)});
  arguments.Add(Flag{.name = "token",
                     .environment = "INFLUXDB3_AUTH_TOKEN",
                     .placeholder = "TOKEN",
                     .help = "Token to authenticate with",
                     .set = Text(token_)});
  arguments.Add(Flag{.name = "tls-ca",
                     .environment = "INFLUXDB3_TLS_CA",
                     .placeholder = "FILE",
                     .help = "PEM file of the authority that signed the server's certificate",
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
                     .set = Text(host_override_)});
}

Result<std::unique_ptr<http::Client>> Connection::Open(const Context& context) const {
  return context.connect({.url = host_override_.empty() ? host_ : host_override_,
                          .token = token_,
                          .tls_ca = tls_ca_,
                          .tls_no_verify = tls_no_verify_});
}

}  // namespace tidemill::cli
