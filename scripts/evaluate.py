"""Ask trained runs what they have not been asked: scripts/evaluate.py run=FOLDER evaluation=length_sweep."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("evaluate")
