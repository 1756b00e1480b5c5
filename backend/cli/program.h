#pragma once

namespace inferno::cli {

// The terminal program: reads the command line, the environment and inferno.toml,
// runs one verb, gives its exit status.
int main_program(int argc, char** argv);

}  // namespace inferno::cli
