"""Ask trained runs what they have not been asked: scripts/evaluate.py run=FOLDER evaluation=length_sweep."""

from wordorder import command

if __name__ == "__main__":
    command.main(command.evaluate, "evaluate")
