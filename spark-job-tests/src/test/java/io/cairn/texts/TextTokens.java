/*
 * Copyright The Cairn Authors
 * SPDX-License-Identifier: Apache-2.0
 */
package io.cairn.texts;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The tokens of a text, by a vocabulary that travels with the function: {@code docs/texts.md}.
 *
 * <p>Threading: a tokenizer is made once in each copy, and may be used by several threads.
 */
final class TextTokens implements UDF1<String, Row> {

  private static final long serialVersionUID = 1L;

  private static final StructType TOKENS =
      new StructType()
          .add("input_ids", DataTypes.createArrayType(DataTypes.LongType))
          .add("attention_mask", DataTypes.createArrayType(DataTypes.LongType));

  private final byte[] vocabulary;
  private transient HuggingFaceTokenizer tokenizer;

  private TextTokens(byte[] vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** The rows with columns {@code input_ids} and {@code attention_mask}. */
  static Dataset<Row> of(Dataset<Row> rows, Column text, Path vocabulary) throws IOException {
    UserDefinedFunction tokens =
        functions.udf(new TextTokens(Files.readAllBytes(vocabulary)), TOKENS);
    return rows.withColumn("tokens", tokens.apply(text))
        .withColumn("input_ids", functions.col("tokens.input_ids"))
        .withColumn("attention_mask", functions.col("tokens.attention_mask"))
        .drop("tokens");
  }

  @Override
  public Row call(String text) {
    Encoding encoded = tokenizer().encode(text);
    return RowFactory.create(encoded.getIds(), encoded.getAttentionMask());
  }

  private synchronized HuggingFaceTokenizer tokenizer() {
    if (tokenizer == null) {
      try {
        tokenizer =
            HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(vocabulary), Map.of());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return tokenizer;
  }
}
