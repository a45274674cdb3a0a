"""Write a trained run as a folder of the Hugging Face layout: scripts/export.py run=FOLDER to=FOLDER form=stock."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("export")
