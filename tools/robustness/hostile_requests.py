"""Templates that models may bring, and requests to a good model, that are meant to hurt.

templates(): (name, template). requests(): (name, kind of message, body) with the model's id left out.
"""

TEMPLATES = {
    "plain": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    "macro that calls itself": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "macros that call each other": "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
    "parentheses 100,000 deep": "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}",
    "lists 100,000 deep": "{{ " + "[" * 100_000 + "]" * 100_000 + " }}",
    "minus 100,000 times": "{{ " + "-" * 100_000 + "1 }}",
    "not 100,000 times": "{{ " + "not " * 100_000 + "true }}",
    "filters 20,000 times": "{{ 'a'" + "|upper" * 20_000 + " }}",
    "blocks 20,000 deep": "{% if true %}" * 20_000 + "x" + "{% endif %}" * 20_000,
    "loop of 10^9": "{% for i in range(1000000000) %}{% endfor %}",
    "loop of 10^9 that writes": "{% for i in range(1000000000) %}aaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
    "loops in loops": "{% for a in range(10000) %}{% for b in range(10000) %}{% for c in range(10000) %}{% endfor %}{% endfor %}{% endfor %}",
    "doubling text": "{% set ns = namespace(s='a') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
    "text times 10^9": "{{ 'a' * 1000000000 }}",
    "10 MB": "x" * (10 << 20),
    "10 MB of tags": "{{ 1 }}" * ((10 << 20) // 7),
    "tag left open": "{% for m in messages %}{{ m",
    "only an opening": "{{",
    "unknown filter": "{{ 'a'|no_such_filter }}",
    "division by zero": "{{ 1 // 0 }}{{ 1 % 0 }}",
    "raise": "{{ raise_exception('no') }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import '/etc/passwd' as p %}{{ p }}",
    "attributes of Python": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "NUL": "a\0b{{ messages }}",
    "huge index": "{{ messages[99999999999999999999] }}",
    "huge slice": "{{ 'abc'[0:99999999999:-1] }}",
    "list that holds itself": "{% set l = [] %}{% set _ = l.append(l) %}{{ l }}{{ l|tojson }}",
    "replace that grows": "{% set ns = namespace(s='aaaaaaaaaa') %}{% for i in range(12) %}{% set ns.s = ns.s|replace('a', 'aaaaaaaaaa') %}{% endfor %}{{ ns.s }}",
}


def templates():
    yield from TEMPLATES.items()


def _run(**body):
    return "StartRun", {"prompt": {"text": "Hello"}, "limits": {"n_predict": 2, "ignore_eos": True}, **body}


def _chain(*stages):
    return _run(sampler=[*stages, {"kind": "Greedy"}])


def _grammar(text):
    return _chain({"kind": "Grammar", "grammar": text})


def _schema(text):
    return _chain({"kind": "Grammar", "json_schema": text})


def _grammars():
    yield "grammar 60,000 deep", _grammar("root ::= " + "(" * 60_000 + '"a"' + ")" * 60_000)
    yield "grammar with a huge repetition", _grammar('root ::= "a"{1000000000}')
    yield "grammar with repetitions of repetitions", _grammar('root ::= ((("a"{1000}){1000}){1000}){1000}')
    yield "grammar with left recursion", _grammar('root ::= root "a" | "b"')
    yield "grammar with hidden left recursion", _grammar('root ::= e root "a" | "b"\ne ::= "" | "c"')
    yield "grammar of nothing", _grammar("root ::= ")
    yield "grammar empty", _grammar("")
    yield "grammar without a root", _grammar('a ::= "a"')
    yield "grammar with an unknown rule", _grammar("root ::= nothing")
    yield "grammar with stars on stars", _grammar('root ::= (("a"*)*)*')
    yield "grammar that takes no token", _grammar('root ::= "\\u{10FFFF}"')
    yield "grammar of 20,000 rules", _grammar("\n".join(f'r{i} ::= r{i + 1} | "a"' for i in range(20_000)) + '\nr20000 ::= "b"\nroot ::= r0')
    yield "grammar of 2 MB", _grammar('root ::= "' + "a" * (2 << 20) + '"')
    yield "schema 50,000 deep", _schema('{"items":' * 50_000 + "{}" + "}" * 50_000)
    yield "schema that refers to itself", _schema('{"$ref": "#"}')
    yield "schema that refers elsewhere", _schema('{"$ref": "file:///etc/passwd"}')
    yield "schema with a pattern", _schema('{"type": "string", "pattern": "^' + "(" * 1000 + "a" + ")" * 1000 + '$"}')
    yield "schema with bounds", _schema('{"type": "array", "items": {"type": "string", "minLength": 1000000000}, "minItems": 1000000000}')
    yield "schema that is no JSON", _schema("{")


def _prompts(n_vocab):
    for name, token in {"-1": -1, "one too many": n_vocab, "2^31-1": 2**31 - 1}.items():
        yield f"token id {name}", _run(prompt={"ids": [token]})
        yield f"bias on token {name}", _chain({"kind": "LogitBias", "biases": [{"id": token, "bias": 1}]})
    yield "10^6 equal letters", _run(prompt={"text": "a" * 10**6})
    yield "10^6 equal letters, to be counted", ("Tokenize", {"prompt": {"text": "a" * 10**6}})
    yield "15 MB of text, to be counted", ("Tokenize", {"prompt": {"text": "word " * (3 << 20)}})
    yield "10^6 spaces", ("Tokenize", {"prompt": {"text": " " * 10**6}})
    yield "10^6 marks that combine", ("Tokenize", {"prompt": {"text": "\u0301" * 10**6}})
    yield "text with NUL", ("Tokenize", {"prompt": {"text": "a\0b"}})
    yield "no prompt", _run(prompt={})
    yield "three prompts", _run(prompt={"text": "a", "ids": [1], "messages": [{"role": "user", "content": "a"}]})
    yield "empty ids", _run(prompt={"ids": []})
    yield "prompt longer than the context", _run(prompt={"ids": [1] * 5000})
    yield "10,000 messages", ("Tokenize", {"prompt": {"messages": [{"role": "user", "content": "a"}] * 10_000}})
    yield "roles that are none", ("Tokenize", {"prompt": {"messages": [{"role": "\0" * 100, "content": "a"}, {}]}})


def _numbers():
    for kind, names in {
        "TopK": ["k"], "TopP": ["p"], "MinP": ["p"], "Typical": ["p"], "Temperature": ["temperature"], "DynamicTemperature": ["temperature", "range", "exponent"],
        "Xtc": ["probability", "threshold"], "TopNSigma": ["n"], "Penalties": ["last_n", "repeat"], "Dry": ["multiplier", "base", "last_n"],
    }.items():  # fmt: skip
        for name in names:
            for value in (-(2**31), -1, 0, 2**31 - 1):
                yield f"{kind} with {name} {value}", _chain({"kind": kind, name: value})
    for kind, name in (("Mirostat1", "m"), ("Mirostat1", "tau"), ("Mirostat2", "eta"), ("AdaptiveP", "target")):
        for value in (-1, 0, 2**31 - 1):
            yield f"{kind} with {name} {value}", _run(sampler=[{"kind": kind, name: value}])
    yield "a number that is infinite", _chain({"kind": "Temperature", "temperature": 1e39})
    yield "a chain of 300", _chain(*[{"kind": "TopK", "k": 5}] * 300)
    yield "no chain", _run(sampler=[])
    yield "2000 candidates", _run(capture={"n_candidates": 2000})
    yield "2^32-1 candidates", _run(capture={"n_candidates": 2**32 - 1})
    yield "2^32-1 tokens", _run(limits={"n_predict": 2**32 - 1, "ignore_eos": True})
    yield "no time", _run(limits={"time_ms": 0})
    yield "100,000 stop strings", _run(limits={"n_predict": 2, "stop": ["x" * 9] * 100_000})
    yield "empty stop strings", _run(limits={"n_predict": 2, "stop": [""] * 10})


def requests(n_vocab):
    """(name, kind, body)"""
    for name, (kind, body) in (*_grammars(), *_prompts(n_vocab), *_numbers()):
        yield name, kind, body
    for name, template in templates():
        prompt = {"messages": [{"role": "user", "content": "Hello"}], "chat_template": template}
        yield f"template: {name}", "Tokenize", {"prompt": prompt}


# Options of a load that no machine should take at their word.
LOAD_OPTIONS = {
    "context of 2^32-1": {"n_ctx": 2**32 - 1},
    "context of 0": {"n_ctx": 0},
    "batch of 0": {"n_batch": 0},
    "batch of 2^32-1": {"n_batch": 2**32 - 1, "n_ubatch": 2**32 - 1},
    "2^32-1 threads": {"n_threads": 2**32 - 1},
    "no threads": {"n_threads": 0},
    "-5 layers on a GPU": {"n_gpu_layers": -5},
    "cache of no type": {"cache_type_k": "f99"},
    "cache quantised": {"cache_type_v": "q4_0", "flash_attention": "Off"},
    "machine that is not there": {"rpc_servers": ["127.0.0.1:1"]},
    "machine with a strange name": {"rpc_servers": ["\0", "a" * 10_000, "://"]},
    "10,000 machines": {"rpc_servers": ["127.0.0.1:1"] * 10_000},
    "all of it, whatever it takes": {"n_ctx": 2**31, "ignore_memory": True},
}
