"""Personal data in evidence: taken out of a run's files before they are sealed, kept in a file of its own, put back.

An address or a name becomes a placeholder such as `[mailbox-k3vrq2xd]`, the same one wherever and whenever the
customer's data key is the same. What each stands for lies in `data/personal/<key>.json.age`, sealed to that key alone:
without the key the placeholders mean nothing any more, while every file and digest stays as it is.
"""
