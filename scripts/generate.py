"""Let a trained run go on from a prompt: scripts/generate.py run=FOLDER prompt="The " temperature=0.8 top_p=0.9."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("generate")
