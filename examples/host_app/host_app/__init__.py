"""A small host application of Stepwell: pages for practitioners and their clients, over HTTP only.

It stores no answers, plans nothing and knows no rule: what it shows it has asked for, what people do it passes on.
"""
