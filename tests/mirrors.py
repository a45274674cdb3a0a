"""Small folders with the files that data sets have in their repositories on the hub: names, README.md and columns."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MANY = {"train": 400, "validation": 12, "test": 12}  # documents


def write_wikitext(folder: Path) -> Path:
    """Salesforce/wikitext: four configurations, a row for each line, "" for blank ones."""
    configs = {"wikitext-103-raw-v1": 2, "wikitext-103-v1": 2, "wikitext-2-raw-v1": 1, "wikitext-2-v1": 1}
    files = {config: {"test": 1, "train": shards, "validation": 1} for config, shards in configs.items()}
    paths = {config: {split: f"{config}/{split}-*" for split in splits} for config, splits in files.items()}
    for config, splits in files.items():
        for split, shards in splits.items():
            rows = [row for number in range(MANY[split]) for row in article_rows(f"{config} {split}", number)]
            write_shards(folder / config, f"{split}-{{:05}}-of-{{:05}}.parquet", shards, text=rows)
    return write_card(folder, paths)


def article_rows(name: str, number: int) -> list[str]:
    """An article as WikiText spells it; titles, sections and paragraphs end with a line end."""
    lines = [f" Article {number} of {name} has @-@ signs , and a café . \n", f" = {number} = \n"]
    return [
        "",
        f" = Title {number} of {name} = \n",
        "",
        *lines,
        "",
        " = = History = = \n",
        "",
        f" It began {number} . \n",
        "",
    ]


def write_tiny_stories(folder: Path) -> Path:
    """roneneldan/TinyStories: parquet below data/, and older text files beside it that are another set."""
    for split, shards in {"train": 4, "validation": 1}.items():
        stories = [
            f"Once upon a time in {split} there was story {number}.\n\nThe end." for number in range(MANY[split])
        ]
        write_shards(folder / "data", f"{split}-{{:05}}-of-{{:05}}-2d5a1467fff1081b.parquet", shards, text=stories)
    for name in ("TinyStories-train.txt", "TinyStories-valid.txt", "TinyStoriesV2-GPT4-train.txt"):
        (folder / name).write_text("One old story.\n<|endoftext|>\nAnother old story.\n")
    return write_card(folder, {})


def write_fineweb_edu(folder: Path) -> Path:
    """HuggingFaceFW/fineweb-edu: no split but train, ten columns, a folder for each sample and crawl."""
    for place in ("sample/10BT", "sample/100BT", "data/CC-MAIN-2024-10"):
        pages = [f"Page {number} of {place} teaches\r\nsomething. " + "More. " * 20 for number in range(MANY["train"])]
        web = [f"https://example.org/{number}" for number in range(MANY["train"])]
        names = ("id", "dump", "url", "file_path", "language")
        numbers = {name: [0.9] * len(web) for name in ("language_score", "token_count", "score", "int_score")}
        write_shards(folder / place, "{:03}_00000.parquet", 2, text=pages, **dict.fromkeys(names, web), **numbers)
    paths = {"default": "data/*/*", "sample-10BT": "sample/10BT/*", "sample-100BT": "sample/100BT/*"}
    return write_card(folder, {config: {"train": path} for config, path in paths.items()})


def write_shards(folder: Path, name: str, shards: int, **columns: list) -> None:
    """Write columns into parquet files of about equal length, numbered from 0."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    length = -(-table.num_rows // shards)
    for shard in range(shards):
        pq.write_table(table.slice(shard * length, length), folder / name.format(shard, shards))


def write_card(folder: Path, paths: dict[str, dict[str, str]]) -> Path:
    """Write the README.md that says which files are which configuration and split."""
    lines = ["---", "license: other", *(["configs:"] if paths else [])]
    for config, splits in paths.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        lines += [line for split, path in splits.items() for line in (f"  - split: {split}", f"    path: {path}")]
    (folder / "README.md").write_text("\n".join([*lines, "---", "# A data set", ""]))
    return folder


MIRRORS = {
    "wikitext_2": write_wikitext,
    "wikitext_103": write_wikitext,
    "tiny_stories": write_tiny_stories,
    "fineweb_edu": write_fineweb_edu,
}
