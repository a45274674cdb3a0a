"""Ask about a sweep: scripts/sweep.py plan|status|retry|prune experiment=quickstart, or show run=FOLDER."""

from wordorder import sweeping

if __name__ == "__main__":
    sweeping.main()
