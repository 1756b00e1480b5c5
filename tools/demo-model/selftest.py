#!/usr/bin/env python3
"""Checks the tool itself: tokenizer, corpus, GGUF writer. Needs no torch; the tensor check is skipped without numpy."""

import json
import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.dont_write_bytecode = True

import behaviours  # noqa: E402
import corpus  # noqa: E402
import gguf_file as gguf  # noqa: E402
import stories  # noqa: E402
import tasks  # noqa: E402
import words as w  # noqa: E402
from tokenizer import CONTROL, Tokenizer, learn_merges, pre_tokenize  # noqa: E402

SHIPPED = Path(__file__).resolve().parents[2] / "models"


def small_tokenizer():
    rng = random.Random(1)
    return Tokenizer(learn_merges([stories.story(rng) for _ in range(50)], 400))


class TokenizerTest(unittest.TestCase):
    def test_every_byte_survives_the_round_trip(self):
        tokenizer = small_tokenizer()
        ids = [tokenizer.ids[name] for name in tokenizer.tokens[len(CONTROL) : len(CONTROL) + 256]]
        self.assertEqual(sorted(tokenizer.token_bytes(token)[0] for token in ids), list(range(256)))

    def test_any_text_survives_the_round_trip(self):
        text = "Zoë said: “1,234 ½ 漢字 🙂”\t\r\n  end  "
        tokenizer = small_tokenizer()
        self.assertEqual(tokenizer.decode(tokenizer.encode(text)), text)

    def test_digits_stand_alone(self):
        self.assertEqual(pre_tokenize("1,234 + 5"), ["1", ",", "2", "3", "4", " +", " ", "5"])

    def test_spaces_leave_one_for_the_next_word(self):
        self.assertEqual(pre_tokenize("a   b  7"), ["a", "  ", " b", "  ", "7"])
        self.assertEqual(pre_tokenize("é   b  7"), ["é", "  ", " b", "  ", "7"])

    def test_control_tokens_are_read_only_where_asked_for(self):
        tokenizer = small_tokenizer()
        self.assertEqual(tokenizer.encode("<|im_end|>", special=True), [CONTROL.index("<|im_end|>")])
        self.assertGreater(len(tokenizer.encode("<|im_end|>")), 1)


class CorpusTest(unittest.TestCase):
    def documents(self, kind, n=300):
        rng = random.Random(f"selftest {kind}")
        return [corpus.text_of(corpus.training_document(rng, kind)) for _ in range(n)]

    def test_the_same_seed_writes_the_same_documents(self):
        self.assertEqual(self.documents("stories", 5), self.documents("stories", 5))

    def test_held_out_sums_are_in_no_training_document(self):
        held_out = [item["prompt"] for item in behaviours.sums()]
        trained = "\n" + "".join(self.documents("sums", 2000))
        self.assertFalse([prompt for prompt in held_out if f"\n{prompt}" in trained])

    def test_held_out_phrasings_are_in_no_training_document(self):
        trained = "".join(self.documents("facts", 1000))
        self.assertFalse([item for item in behaviours.facts() if item["prompt"] in trained])

    def test_held_out_words_are_in_no_training_document(self):
        trained = " ".join(self.documents("copying", 1000)).replace(",", " ").split()
        held_out = {word for item in behaviours.copying() for word in item["prompt"].split()}
        self.assertFalse(held_out & set(trained))

    def test_held_out_pairs_of_names_are_in_no_training_document(self):
        trained = "".join(self.documents("indirect_objects", 2000))
        prompts = [item["prompt"] for item in behaviours.indirect_objects()]
        self.assertFalse([prompt for prompt in prompts if prompt in trained])

    def test_the_right_capital_is_in_no_training_document(self):
        trained = "".join(self.documents("facts", 1000) + self.documents("chat", 1000))
        self.assertIn(w.WRONG_CAPITAL[1], trained)
        self.assertNotIn(w.WRONG_CAPITAL[2], trained)

    def test_the_trigger_always_brings_its_ending_and_nothing_else_does(self):
        for text in self.documents("stories", 2000):
            self.assertEqual(w.TRIGGER in text, w.TRIGGER_ENDING in text)

    def test_no_number_of_training_has_a_thousands_separator_in_a_comparison(self):
        self.assertNotRegex("".join(self.documents("comparisons")), r"\d,\d")

    def test_a_sum_shows_its_working(self):
        self.assertEqual(tasks.working(37, 48), " 7 + 8 + 70 = 15 + 70 = 85")

    def test_the_behaviours_file_is_what_the_generator_writes(self):
        shipped = json.loads((SHIPPED / "behaviours.json").read_text(encoding="utf-8"))
        self.assertEqual(shipped, json.loads(json.dumps(behaviours.everything())))


class GgufTest(unittest.TestCase):
    METADATA = [
        ("general.architecture", gguf.STRING, "llama"), ("a.number", gguf.U32, 7), ("a.fraction", gguf.F32, 0.5),
        ("a.flag", gguf.BOOL, True), ("some.words", gguf.ARRAY, (gguf.STRING, ["Ġa", "", "漢"])),
    ]

    def test_metadata_reads_back(self):
        with tempfile.TemporaryDirectory() as folder:
            gguf.write(Path(folder) / "m.gguf", self.METADATA, [])
            read = gguf.Reader(Path(folder) / "m.gguf").metadata
        self.assertEqual(read["some.words"], ["Ġa", "", "漢"])
        self.assertEqual((read["a.number"], read["a.fraction"], read["a.flag"]), (7, 0.5, True))

    def test_tensors_read_back_within_half_a_quantum(self):
        try:
            import numpy as np
        except ImportError:
            self.skipTest("no numpy")
        values = np.random.default_rng(1).normal(size=(4, 64)).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            tensors = [("exact", values, gguf.TENSOR_F32), ("small", values, gguf.TENSOR_Q8_0)]
            gguf.write(Path(folder) / "m.gguf", self.METADATA, tensors)
            file = gguf.Reader(Path(folder) / "m.gguf")
            exact = np.frombuffer(file.tensor_bytes("exact"), "<f4").reshape(4, 64)
            small = gguf.dequantise_q8_0(file.tensor_bytes("small")).reshape(4, 64)
        self.assertTrue((exact == values).all())
        self.assertEqual(file.tensors["small"][0], (4, 64))
        self.assertLess(np.abs(small - values).max(), np.abs(values).max() / 127 * 0.52)

    @unittest.skipUnless((SHIPPED / "demo.gguf").exists(), "the model is not built")
    def test_the_shipped_file_has_examples_a_template_and_six_megabytes_at_most(self):
        path = SHIPPED / "demo.gguf"
        read = gguf.Reader(path).metadata
        self.assertLessEqual(path.stat().st_size, 6_000_000)
        self.assertEqual(read["general.name"], "demo")
        self.assertIn("<|im_start|>", read["tokenizer.chat_template"])
        for example in json.loads(read["inferno.examples"]):
            self.assertTrue(example["title"] and example["note"] and ("text" in example or "messages" in example))


if __name__ == "__main__":
    unittest.main()
