/** Programs that train in Spark sessions of their own. */
package io.cairn.api;
