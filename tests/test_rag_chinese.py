"""Chinese documents and questions: found by their words, answered by the sentence that says it, declined when none does."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from index.encoders import bundled_tokenizer
from index.known_words import known_share, knows_words
from index.search import fuse
from index.sentences import split_sentences
from index.terms import fold, split_terms
from rag import Assistant, verify
from rag.evidence import FEATURES, rank_evidence
from rag.fitted import fitted
from rag.names import find_names
from rag.question import read_question
from rag.retrieval import find_hits

if TYPE_CHECKING:
    from index.encoders import OnnxEncoder

HARBOUR = (
    "青石港的历史\n\n青石港位于白沙河的入海口，由商人陈世安于1868年出资修建。港口最初只有两座木制码头，主要运送茶叶和瓷器。\n\n"
    "1923年，一场大火烧毁了仓库。重建工程耗资3.5万元，历时四年。如今青石港有14台起重机，年吞吐量达2.1亿吨。\n\n"
    "港口的灯塔高61米，由工程师Anna Kask设计。\n"
)
BEES = "养蜂手册\n\n一个蜂箱在夏天约有四万只蜜蜂。冬天需要给每箱蜜蜂喂12公斤糖。\n\n春天要检查蜂王是否健康，并清理蜂箱的底板。\n"
ORCHARD = "苹果园年报\n\n果园今年收获了820吨苹果，比去年增加9%。园长刘桂兰表示，明年将扩建冷库。\n"


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, encoder: OnnxEncoder) -> Assistant:
    """Three Chinese documents about made-up things."""
    folder = tmp_path_factory.mktemp("chinese")
    for name, text in (("harbour", HARBOUR), ("bees", BEES), ("orchard", ORCHARD)):
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return Assistant(folder, tmp_path_factory.mktemp("index"), encoder=encoder)


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("青石港是谁出资修建的？", "陈世安"),
        ("重建工程耗资多少？", "3.5万元"),
        ("青石港有多少台起重机？", "14台"),
        ("灯塔有多高？", "61米"),
        ("冬天要喂每箱蜜蜂多少糖？", "12公斤"),
        ("果园今年收获了多少吨苹果？", "820吨"),
    ],
)
def test_the_first_sentence_told_answers(assistant: Assistant, question: str, holds: str) -> None:
    """A whole sentence, at its place in the file."""
    answer = assistant.ask(question)
    first = answer.citations[0]
    text = (assistant.corpus / first.source).read_bytes().decode("utf-8")
    assert holds in first.quote
    assert text[first.start : first.end] == first.quote
    assert first.quote.endswith("。")


@pytest.mark.parametrize("question", ["图书馆藏有多少册古籍？", "谁发明了蒸汽机？", "火星的半径是多少公里？"])
def test_what_the_documents_do_not_say_is_declined(assistant: Assistant, question: str) -> None:
    """Though the question shares a character or two with them."""
    answer = assistant.ask(question)
    assert answer.abstained
    assert not answer.citations


def test_words_alone_are_searched_where_the_encoder_knows_none(assistant: Assistant) -> None:
    """The order is that of the keyword scores, headings aside; a question that is asked for meaning gets it."""
    question = "重建工程耗资多少？"
    index = assistant.index
    dense, words = index.candidates(question, 100)
    by_words = fuse(dense, words, dense_weight=0.0)
    hits = index.search(question, k=3)
    assert hits[0].score == pytest.approx(max(by_words.values()))
    assert [hit.score for hit in index.search(question, k=3, dense_weight=1.0)] != [hit.score for hit in hits]


def test_neither_ranker_nor_cosine_counts_in_a_question_that_they_cannot_read(assistant: Assistant) -> None:
    """Both are 0 for every sentence; for an English question they are not."""
    columns = {}
    for asked in ("灯塔有多高？", "How high is the lighthouse of Anna Kask?"):
        question = read_question(asked)
        ranked = rank_evidence(question, find_hits(question, assistant.index), assistant.index, fitted().evidence)
        columns[asked[0]] = {name: {evidence.features[FEATURES.index(name)] for evidence in ranked} for name in ("ranker", "cosine")}
    assert columns["灯"] == {"ranker": {0.0}, "cosine": {0.0}}
    assert len(columns["H"]["ranker"]) > 1
    assert len(columns["H"]["cosine"]) > 1


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("How many unicorn companies does Huangpu have?", True),
        ("Wie viele Einwohner hat München?", True),
        ("Who is 李明?", True),
        ("12.5 %", True),
        ("青石港有多少台起重机？", False),
        ("IBM公司的总部在哪里？", False),
        ("東京の人口は？", False),
        ("서울의 인구는?", False),
        ("Сколько стоит вода в Москве?", False),
    ],
)
def test_what_the_bundled_models_can_read(text: str, known: bool) -> None:  # noqa: FBT001 - a column
    assert knows_words(bundled_tokenizer(), text) is known


def test_a_vocabulary_of_chinese_reads_chinese() -> None:
    """One that knows single characters only, as Chinese models do, but enough of them; a character that it lacks is not read."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = ["[UNK]", *map(chr, range(0x4E00, 0x4E00 + 6000))]
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    assert known_share(tokenizer, "".join(words[1:7])) == 1
    assert known_share(tokenizer, words[1] + "鿆" + words[2]) == 0


def test_a_vocabulary_of_bytes_reads_chinese() -> None:
    """Byte-level BPE has no character of Chinese in its vocabulary, and knows every one."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        ["青石港有多少台起重机", "hello world"] * 9, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet)
    )
    assert [known_share(tokenizer, text) for text in ("青石港有多少", "人口は", "hello world")] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["Unigram", "BPE", "WordPiece"])
def test_the_unknown_token_is_the_tokenizers_own(kind: str) -> None:
    """However it is written."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(
        {
            "Unigram": lambda: models.Unigram([("a", -1.0), ("<unk>", -9.0), ("b", -1.0)], unk_id=1),
            "BPE": lambda: models.BPE({"a": 0, "<unk>": 1, "b": 2}, [], unk_token="<unk>"),
            "WordPiece": lambda: models.WordPiece({"a": 0, "<unk>": 1, "b": 2}, unk_token="<unk>"),
        }[kind]()
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    assert [known_share(tokenizer, text) for text in ("a b", "a z", "z")] == [1, 0.5, 0]


def test_a_vocabulary_is_counted_once() -> None:
    """Not for every clause: it has 30,000 entries."""
    from tokenizers import Tokenizer, models

    class Counted:
        """A tokenizer, whose type cannot be derived from."""

        looks = 0
        inner = Tokenizer(models.WordPiece({"[UNK]": 0, "水": 1}, unk_token="[UNK]"))

        def get_vocab(self) -> dict[str, int]:
            Counted.looks += 1
            return self.inner.get_vocab()

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    tokenizer = cast("Tokenizer", Counted())
    assert [known_share(tokenizer, "水") for _ in range(3)] == [0, 0, 0]
    assert Counted.looks == 1


def test_a_title_stands_behind_what_it_is_the_title_of(assistant: Assistant) -> None:
    """However many of the question's words it holds."""
    hits = assistant.retrieve("青石港的历史", k=4)
    assert hits[0].paragraph.kind == "text"
    assert any(hit.paragraph.kind == "title" for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


@pytest.mark.parametrize(
    ("text", "terms"),
    [("310¹", ["310", "1"]), ("6½", ["6", "1", "2"]), ("10⁶⁷", ["10", "67"]), ("3①5", ["3", "1", "5"]), ("km²", ["km2"]), ("H₂O", ["h2o"])],
)
def test_raised_digits_are_no_digits_of_the_figure_before_them(text: str, terms: list[str]) -> None:
    assert split_terms(text) == terms
    assert fold(fold(text)) == fold(text)


def test_a_name_ends_at_characters_without_case() -> None:
    assert find_names("哪家公司终止了与Virgin Media的诉讼？") == ["Virgin Media"]
    assert find_names("支持LOR的想法") == ["LOR"]


def test_sentences_end_at_their_marks() -> None:
    """With the quotes that close after them; a decimal point ends nothing."""
    text = "他说：“今天很好。”然后走了。价格为3.5元。真的吗？！是的……后来呢？"
    assert [text[start:end] for start, end in split_sentences(text)] == [
        "他说：“今天很好。”",
        "然后走了。",
        "价格为3.5元。",
        "真的吗？！",
        "是的……",
        "后来呢？",
    ]


@pytest.mark.parametrize(
    ("statement", "supported"),
    [
        ("公司有3.5万名员工。", True),
        ("公司有35,000名员工。", True),
        ("公司有3.6万名员工。", False),
        ("投资额为3.51亿元。", True),
        ("投资额为35.1亿元。", False),
    ],
)
def test_figures_in_ten_thousands_are_compared_by_value(statement: str, supported: bool) -> None:  # noqa: FBT001 - a column
    checked = verify(statement, ["公司有35000名员工，投资额为35100万元。"])
    assert [one.supported for one in checked] == [supported]
