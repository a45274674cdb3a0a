"""model_card: the README.md of an exported model, as the Hugging Face hub shows it. It says only what the run's record says.

No licence and no language are named: a record knows neither. Paths and the machine's name stay at home.
"""

from typing import Any

import yaml

from wordorder.check import Config
from wordorder.record.run_record import RunRecord

STOCK_LOADING = """\
from transformers import AutoModelForCausalLM, AutoTokenizer
model = AutoModelForCausalLM.from_pretrained("FOLDER")
tokenizer = AutoTokenizer.from_pretrained("FOLDER")"""
PLAIN_LOADING = """\
from wordorder.hugging_face import from_hugging_face
model, tokenizer = from_hugging_face("FOLDER")"""
WITHOUT = "\n\nThe tokenizer has no form that transformers loads; it is in the folder of the run."


def card(record: RunRecord, *, form: str, class_name: str, with_tokenizer: bool) -> str:
    """The whole file; `class_name` is what loads the weights."""
    facts, config = record.facts, record.config()
    sections = {
        "What it is": about(facts, class_name),
        "Choices": choices(config),
        "Data": data(facts),
        "Training": training(facts, config),
        "Scores": scores(record),
        "Use": use(facts),
        "Loading": loading(form, with_tokenizer=with_tokenizer),
    }
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    return f"{front(facts, form)}\n# {facts['run']}\n\n{body}\n"


def front(facts: Config, form: str) -> str:
    """The YAML that the hub reads."""
    named = facts["choices"]
    kind = {"library_name": "transformers", "pipeline_tag": "text-generation"}
    tags = ["wordorder", *(named[group] for group in ("position", "tokenizer") if group in named)]
    front = (kind if form == "stock" else {"library_name": "wordorder"}) | {"tags": list(dict.fromkeys(tags))}
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n"


def about(facts: Config, class_name: str) -> str:
    counts, named, vocabulary = facts["parameters"], facts["choices"], facts["vocabulary"]
    return lines(
        "A decoder-only language model, one run of wordorder, which compares tokenizers and position schemes.",
        f"- loaded by: {class_name}",
        f"- parameters: {counts['total']:,}, of which {counts['embedding']:,} in embedding and head, "
        f"{counts['position']:,} in the position scheme",
        *(f"- {group}: {named[group]}" for group in ("model", "position", "tokenizer", "source") if group in named),
        f"- vocabulary: {vocabulary['actual']:,} tokens and the end token, id {vocabulary['actual']}, which stands before "
        "and after every document",
        f"- seeds: {facts['seeds']['weight']} of the weights, {facts['seeds']['data']} of the data",
        f"- identity: {facts['training']}",
        f"- commit: {facts['commit'] or 'not known'}{', with changes' if facts['dirty'] else ''}",
    )


def choices(config: Config) -> str:
    """The resolved sections, but for paths."""
    shown = {section: config[section] for section in ("model", "position", "tokenizer")}
    shown["tokenizer"] = {key: value for key, value in shown["tokenizer"].items() if key != "path"}
    return f"```yaml\n{yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)}```"


def data(facts: Config) -> str:
    return lines(
        f"- source: {facts['choices'].get('source', 'not known')}; digest {facts['digests']['data']}",
        f"- seen in training: {facts['tokens']:,} tokens, {facts['bytes']:,} bytes of text",
        *(f"- {key}: {number(value)}" for key, value in facts["text"].items()),
    )


def training(facts: Config, config: Config) -> str:
    trainer, warm = config["trainer"], facts["initialized_from"]
    begun = [f"- begun from weights {warm['weights']}, trained on {warm['tokens']:,} tokens"] if warm else []
    return lines(
        f"- budget: {number(trainer['budget'])} {trainer['unit']}, which is {facts['steps']:,} steps of "
        f"{trainer['batch_size']} rows of {facts['context_length']} tokens",
        f"- optimizer: {said(config['optimizer'])}",
        f"- schedule: {said(config['schedule'])}",
        f"- precision: {trainer['precision']}",
        f"- device: {facts['device']}, {facts['host']['processor']}; {facts['seconds']:.0f} seconds",
        f"- versions: {', '.join(f'{name} {version}' for name, version in facts['versions'].items())}",
        *begun,
    )


def scores(record: RunRecord) -> str:
    """The scores that run.json lists, a row each."""
    listed = record.facts.get("evaluations", {})
    rows = [row for row in record.scores() if listed.get(row["evaluation"]) == row["evaluation_id"]]
    if not rows:
        return "None were taken."
    cells = [
        (
            row["evaluation"],
            row["metric"],
            ", ".join(f"{key}={value}" for key, value in row["facts"].items()),
            f"n/a: {row['why']}" if row["value"] is None else f"{row['value']:.4f}",
            f"{row['count']:,}" if row["count"] is not None else "",
        )
        for row in rows
    ]
    head = ("evaluation", "metric", "where", "value", "count")
    table = [head, ("---",) * len(head), *cells]
    return lines(*("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in table))


def use(facts: Config) -> str:
    lossless = facts["vocabulary"]["lossless"]
    return lines(
        "For research on tokenization and on position schemes: small, and not for production. Nothing was measured beside "
        "the scores above.",
        f"- It was trained at a context of {facts['context_length']} tokens; longer texts are another question.",
        "- Its text was all that is named under Data, and what that text says or leaves out is in the weights.",
        "- " + ("The tokenizer gives back any text." if lossless else "The tokenizer loses some texts."),
    )


def loading(form: str, *, with_tokenizer: bool) -> str:
    code = STOCK_LOADING if form == "stock" else PLAIN_LOADING
    if with_tokenizer:
        return f"```python\n{code}\n```"
    kept = "\n".join(line for line in code.replace(", AutoTokenizer", "").splitlines() if "AutoTokenizer" not in line)
    return f"```python\n{kept}\n```{WITHOUT}"


def said(node: Config) -> str:
    """A node in one line."""
    values = ", ".join(f"{key}={value}" for key, value in node.items() if key != "_target_")
    return f"{node['_target_'].rpartition('.')[2]}({values})"


def number(value: Any) -> str:
    """A number as it is read; what is none as it is written."""
    if isinstance(value, float):
        return f"{int(value):,}" if value.is_integer() else f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def lines(*each: str) -> str:
    return "\n".join(each)
