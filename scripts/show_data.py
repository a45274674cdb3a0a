"""Print what a model is given: scripts/show_data.py source=addition tokenizer=bpe n=5: text, tokens, what is scored, rows."""

from wordorder import command

if __name__ == "__main__":
    command.main(command.show_data, "show_data")
