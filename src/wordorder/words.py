"""What is typed, put into words that Hydra can read."""

import re

LABEL = "compare.baseline"  # such as none, model.n_layers=1
TEXTS = ("text", "prompt", LABEL)
IS_OVERRIDE = re.compile(r"position[=./@]")  # of a trained scheme, in evaluate


def arrange(words: list[str], config_name: str) -> list[str]:
    """The words as Hydra can read them: -m first; experiment= as a value where it names a folder, not a config; position=all,
    which is no scheme, as a flag; and what is to change in a trained scheme as one list, because evaluate's own config has
    no scheme."""
    flags = [word for word in words if word in ("-m", "--multirun")]
    words = flags + [quote_text(word) for word in words if word not in flags]
    if config_name == "train":
        return words
    if config_name == "show_position":
        return ["all=true" if word == "position=all" else word for word in words]
    if config_name == "show_input":
        return [list_schemes(word) for word in words]
    own = [word for word in words if config_name == "evaluate" and IS_OVERRIDE.match(word)]
    quoted = ["'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'" for word in own]
    rest = [re.sub("^experiment=", "experiment_name=", word) for word in words if word not in own]
    return [f"overrides=[{','.join(quoted)}]"] * bool(own) + rest


def quote_text(word: str) -> str:
    """text=a, b as one text, which Hydra would read as two, whatever it holds; an arm's label that is in quotes stays so."""
    key, _, text = word.partition("=")
    if key not in TEXTS or (key == LABEL and re.fullmatch(r"""(['"]).*\1""", text)):
        return word
    return f"{key}={quote(text)}"


def quote(text: str) -> str:
    """A text as Hydra reads it in quotes, whatever it holds."""
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)  # no interpolation
    return "'" + re.sub(r"(\\*)('|\Z)", lambda found: 2 * found[1] + found[2].replace("'", "\\'"), text) + "'"


def list_schemes(word: str) -> str:
    """position=rope,alibi as a list under a key of its own: to Hydra it would be a sweep over a group."""
    return re.sub(r"^position=\[?([^\]]*)\]?$", r"schemes=[\1]", word)
