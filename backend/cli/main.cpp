#include "cli/program.h"

int main(int argc, char** argv) { return inferno::cli::main_program(argc, argv); }
