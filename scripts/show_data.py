"""Print what a model is given: scripts/show_data.py source=addition tokenizer=bpe n=5: text, tokens, what is scored, rows."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("show_data")
