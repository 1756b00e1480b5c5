# The two commands of this project are `make run` and `make test`; `make help` lists the others.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build test check format clean

help: ## list these commands
	@echo "make run [MODEL=file.gguf]   install what is missing, build, start the server and open the page"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | grep -v '^run|' | awk -F'|' '{printf "make %-23s %s\n", $$1, $$2}'

run: ## see above
	@tools/setup run && tools/build run && exec build/release/bin/inferno serve --open $(if $(MODEL),"$(MODEL)")

build: ## install what is missing and build the programs and the page
	@tools/setup run && tools/build run

test: ## install what is missing, build, and run every test
	@tools/setup test && tools/test

check: ## the checks that .ci/run makes on top: formatting, linting, layers, schema
	@tools/setup test && tools/build test && tools/check

format: ## format C++ and TypeScript in place
	@git ls-files -z --cached --others --exclude-standard -- 'backend/*.h' 'backend/*.cpp' 'tools/*.h' 'tools/*.cpp' 'bench/*.h' 'bench/*.cpp' 'tests/*.h' 'tests/*.cpp' | xargs -0 -r clang-format -i
	@cd frontend && ../tools/with-node npm run --silent format

clean: ## remove what was built here (not the cache with llama.cpp)
	rm -rf build frontend/dist
