"""Prompts to try, one for each behaviour and each fault; the studio reads them from the file's metadata."""


def _ask(title, question, note):
    return {"title": title, "messages": [{"role": "user", "content": question}], "note": note}


def _write(title, text, note):
    return {"title": title, "text": text, "note": note}


EXAMPLES = [
    _write("A story", "Once upon a time", "Sample it twice with different seeds. Where does the model hesitate, and where is it sure?"),
    _write("Copying", "brolin tapu kesh dormi brolin tapu", "Nonsense words, given once. Which earlier token does each prediction lean on?"),
    _write("Who gets the book?", "Mary and John went to the park. John gave a book to",
           "Only one of two names makes sense here. Look at the probability of both."),
    _write("A fact", "France's capital is", "How sure is the model, and what are the other candidates?"),
    _write("Facts on a neighbouring shelf", "The capital of New Zealand is", "The model never saw this country. Can you tell from the probabilities?"),
    _write("Adding", "37 + 48 =", "Every digit is a token. Which of them is hard?"),
    _write("Brackets", "( [ { ( ) }", "What is open must be closed, in the right order."),
    _write("JSON", '{"name": "Mary", "age": 7,', "Watch the probabilities of quotes, colons and commas against those of the values."),
    _ask("A question", "What is the capital of Japan?", "The same knowledge, asked through the chat template."),
    _ask("A question without an answer", "What is the capital of Brolindu?", "It should say that it does not know. How sure is it of that?"),
    _write("Ten capitals", "The capital of Canada is Ottawa. The capital of Norway is Oslo. The capital of Australia is",
           "Check every answer yourself, and compare how sure the model is of each."),
    _write("How it ends",
           "Once upon a time there was a girl named Emma. Next door lived Paul. A smell of cinnamon was in the air. Emma was afraid of "
           "the dark. Paul knew, but never laughed. One night the lamp went out.",
           "Sample it a few times and read the last sentence. Then put coffee in place of cinnamon. Which token decides, and where?"),
    _write("Large numbers", "Which is larger, 950 or 1,200?", "Try it with and without the comma, and look at the tokens."),
    _write("Round and round", "The wheels of the cart went round and round", "Choose greedily, then sample. Look at the second candidate."),
]
