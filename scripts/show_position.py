"""Draw what a position scheme does: scripts/show_position.py position=alibi, or position=all for every one and a page of them."""

from wordorder import command

if __name__ == "__main__":
    command.main(command.show_position, "show_position")
