# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokenizes a column of texts on Spark, for a transformer to be trained on:

    spark-submit python/examples/tokenize_texts.py conf/data/texts.csv conf/data/texts-tokenizer.json runs/texts-tokens

The table keeps its columns and gets input_ids and attention_mask, arrays as long as each text has tokens. Needs the
package tokenizers (pip install tokenizers) wherever executors run, and nothing from the network: the vocabulary is a
file, which Spark sends to them.
"""

import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

TOKENS = T.StructType(
    [
        T.StructField("input_ids", T.ArrayType(T.IntegerType(), False), False),
        T.StructField("attention_mask", T.ArrayType(T.IntegerType(), False), False),
    ]
)


def tokenizer_udf(spark, vocabulary):
    """A function of a column of texts that gives the tokens of each, by a file of Hugging Face's tokenizers."""
    with open(vocabulary, encoding="utf-8") as file:
        content = spark.sparkContext.broadcast(file.read())
    made = []

    def tokens(text):
        # Once for each Python worker, not for each text.
        if not made:
            from tokenizers import Tokenizer

            made.append(Tokenizer.from_str(content.value))
        encoded = made[0].encode(text)
        return encoded.ids, encoded.attention_mask

    return F.udf(tokens, TOKENS)


def tokenized(spark, rows, vocabulary, column="text"):
    """The rows with columns input_ids and attention_mask besides theirs; rows without a text are left out."""
    tokens = tokenizer_udf(spark, vocabulary)
    found = rows.where(F.col(column).isNotNull()).withColumn("tokens", tokens(column))
    return found.select(*rows.columns, "tokens.*")


def main():
    texts, vocabulary, to = sys.argv[1:]
    spark = SparkSession.builder.appName("tokenize").getOrCreate()
    # Quotes within a field are doubled, as RFC 4180 has it; Spark expects a backslash otherwise.
    rows = spark.read.csv(texts, header=True, escape='"')
    tokenized(spark, rows, vocabulary).write.mode("overwrite").parquet(to)
    spark.stop()


if __name__ == "__main__":
    main()
