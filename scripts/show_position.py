"""Draw what a position scheme does: scripts/show_position.py position=alibi, or position=all for every one and a page of them."""

from wordorder import commands

if __name__ == "__main__":
    commands.run("show_position")
