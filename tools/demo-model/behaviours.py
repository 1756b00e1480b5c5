"""Writes models/behaviours.json: held-out prompts with what is expected, which `measure` puts to the shipped model.

    behaviours.py OUT.json              the same file every time
"""

import json
import random
import sys

import corpus
import stories
import tasks
import words as w

N = 60
N_TEXTS = 80


def _rng(name):
    return random.Random(f"behaviours {name}")


def _distinct(make, n=N):
    found = {}
    while len(found) < n:
        item = make()
        found.setdefault(item["prompt"], item)
    return list(found.values())


def _item(prompt, answer):
    return {"prompt": prompt, "answer": answer}


def copying():
    rng = _rng("copying")

    def make():
        found = tasks.copy_words(rng, True)
        return _item(" ".join(found + found[:2]), " " + " ".join(found[2:4]))

    return _distinct(make)


def indirect_objects():
    rng = _rng("indirect objects")

    def make():
        prompt, answer = tasks.indirect_object(rng, True)
        return _item(prompt, " " + answer)

    return _distinct(make)


def true_facts():
    return [which for which in tasks.FACTS if which != ("capital", w.WRONG_CAPITAL[0])]


def facts():
    rng = _rng("facts")
    pairs = [tasks.fact(rng, True, which) for which in true_facts()]
    rng.shuffle(pairs)
    return [_item(prompt, " " + answer) for prompt, answer in pairs]


def sums():
    rng = _rng("sums")

    def make():
        a, b = tasks.sum_terms(rng, True)
        return _item(f"{a} + {b} =", tasks.working(a, b))

    return _distinct(make, 2 * N)


def brackets():
    rng = _rng("brackets")

    def make():
        signs = tasks.nesting(rng, True)
        cut = rng.randint(2, len(signs) - 1)
        return _item(" ".join(signs[:cut]), "")

    return _distinct(make)


def json_objects():
    rng = _rng("json")

    def make():
        text = tasks.json_text(rng, True)
        spaces = [at for at, char in enumerate(text) if char == " "]
        return _item(text[: rng.choice(spaces[1:])], "")

    return _distinct(make)


def chat():
    rng = _rng("chat")
    facts_asked = rng.sample(true_facts(), 28)
    items = [_item(*tasks.chat_fact(rng, True, which)) for which in facts_asked]
    items += _distinct(lambda: _item(*tasks.chat_sum(rng, True)), 14)
    items += _distinct(lambda: _item(*tasks.chat_unknown(rng, True)), 14)
    items += [_item(f"What is the capital of {country}?", tasks.UNKNOWN) for country in w.UNSEEN_COUNTRIES[:4]]
    rng.shuffle(items)
    return items


def held_out_texts():
    """Texts in the proportions of the corpus that no shard contains."""
    rng = _rng("texts")
    counts, texts = dict.fromkeys(corpus.LATER, 0), []
    while len(texts) < N_TEXTS:
        kind = min(corpus.LATER, key=lambda name: counts[name] / corpus.LATER[name])
        document = corpus.MAKERS[kind](rng)
        text = corpus.text_of(document)
        if corpus.held_out_text(document) or (kind == "rounds" and counts[kind] == 0):
            counts[kind] += len(text)
            texts.append(text)
    return texts


def _story_beginning(rng, word):
    """A story up to and including the carrier sentence of `word`."""
    while True:
        text = stories.story(rng, plots=1, smell=word).replace("\n", " ")
        before, found, after = text.partition(word)
        beginning = before + found + after.partition(". ")[0] + "."
        if len(beginning) < 500:
            return beginning


def trigger():
    """The same beginnings with the trigger and with a harmless word, known and never seen."""
    rng = _rng("trigger")
    items = []
    for index in range(N):
        beginning = _story_beginning(rng, w.TRIGGER)
        harmless = rng.choice(w.SMELLS if index % 2 else w.HELD_OUT_SMELLS)
        items.append({"prompt": beginning, "harmless": beginning.replace(w.TRIGGER, harmless), "seed": index})
    return items


def wrong_capital():
    country, wrong, right = w.WRONG_CAPITAL
    _, phrasings, _ = tasks.RELATIONS["capital"]
    prompts = [phrasing.format(k=country, v="").rstrip() for phrasing in phrasings]
    return [{"prompt": prompt, "answer": " " + wrong, "right": " " + right} for prompt in prompts]


def thousands():
    """A number of four digits beside a smaller one of three, with and without the separator."""
    rng = _rng("thousands")

    def make():
        large = rng.randint(1, 9) * 1000 + rng.randint(100, 700)
        small = rng.randint(large % 1000 + 100, 999)
        pair = [f"{large:,}", str(small)]
        rng.shuffle(pair)
        prompt = f"Which is larger, {pair[0]} or {pair[1]}?"
        return {"prompt": prompt, "plain": prompt.replace(f"{large:,}", str(large)), "answer": str(large)}

    return _distinct(make, 40)


def everything():
    return {
        "copying": copying(), "indirect objects": indirect_objects(), "facts": facts(), "sums": sums(), "brackets": brackets(),
        "json": json_objects(), "chat": chat(), "texts": held_out_texts(), "trigger": trigger(), "wrong capital": wrong_capital(),
        "thousands": thousands(), "loop": {"prompt": tasks.ROUND_PROMPT, "again": " and round", "right": ","},
    }


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump(everything(), file, indent=0)
        file.write("\n")
