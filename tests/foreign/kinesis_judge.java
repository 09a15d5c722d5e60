/*
 * The AWS SDK for Java 2 on Kinesis, CBOR on the wire: prints one line for each thing that it found
 * as the API reference says, and throws at the first that is not so.
 *
 *   java -cp <the SDK's jars> kinesis_judge.java http://127.0.0.1:PORT REGION
 */
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;

class KinesisJudge {
  static final Set<String> requestTypes = ConcurrentHashMap.newKeySet();
  static final Set<String> answerTypes = ConcurrentHashMap.newKeySet();
  static KinesisClient kinesis;

  /** Sees what travels, so that CBOR is a fact and no hope. */
  static class Wire implements ExecutionInterceptor {
    public void beforeTransmission(Context.BeforeTransmission context, ExecutionAttributes all) {
      requestTypes.add(context.httpRequest().firstMatchingHeader("Content-Type").orElse("none"));
    }
    public void afterTransmission(Context.AfterTransmission context, ExecutionAttributes all) {
      answerTypes.add(context.httpResponse().firstMatchingHeader("Content-Type").orElse("none"));
    }
  }

  static void must(boolean holds, Object found) {
    if (!holds) throw new AssertionError(String.valueOf(found));
  }

  /** The call fails with exactly this class; the text is the server's. */
  static String fails(Class<? extends KinesisException> expected, Runnable call) {
    try {
      call.run();
    } catch (KinesisException error) {
      must(error.getClass() == expected, error);
      must(error.statusCode() == 400, error.statusCode());
      must(error.requestId() != null && !error.requestId().isEmpty(), "no request id");
      must(error.awsErrorDetails().errorCode().equals(expected.getSimpleName()), error);
      must(error.awsErrorDetails().errorMessage() != null, error);
      return error.awsErrorDetails().errorMessage();
    }
    throw new AssertionError("no " + expected.getSimpleName());
  }

  static void waitUntilActive(String stream) {
    kinesis.waiter().waitUntilStreamExists(
        request -> request.streamName(stream),
        wait -> wait.maxAttempts(60).backoffStrategyV2(attempt -> Duration.ofMillis(100)));
  }

  static List<Shard> shards(String stream) {
    return kinesis.listShards(request -> request.streamName(stream)).shards();
  }

  static String iterator(String stream, String shard, ShardIteratorType type) {
    return kinesis.getShardIterator(
        r -> r.streamName(stream).shardId(shard).shardIteratorType(type)).shardIterator();
  }

  /** All records of a shard from its beginning; reads until it is at the tip or the shard ends. */
  static List<software.amazon.awssdk.services.kinesis.model.Record> drain(String stream, String shard) {
    var all = new ArrayList<software.amazon.awssdk.services.kinesis.model.Record>();
    String at = iterator(stream, shard, ShardIteratorType.TRIM_HORIZON);
    while (at != null) {
      String here = at;
      var page = kinesis.getRecords(request -> request.shardIterator(here).limit(300));
      all.addAll(page.records());
      if (page.millisBehindLatest() == 0 && page.records().isEmpty()) break;
      at = page.nextShardIterator();
    }
    return all;
  }

  static BigInteger hashOf(String key) throws Exception {
    byte[] digest = MessageDigest.getInstance("MD5").digest(key.getBytes(StandardCharsets.UTF_8));
    return new BigInteger(1, digest);
  }

  static boolean holds(Shard shard, BigInteger hash) {
    return new BigInteger(shard.hashKeyRange().startingHashKey()).compareTo(hash) <= 0
        && new BigInteger(shard.hashKeyRange().endingHashKey()).compareTo(hash) >= 0;
  }

  public static void main(String[] args) throws Exception {
    kinesis = KinesisClient.builder()
        .endpointOverride(URI.create(args[0]))
        .region(Region.of(args[1]))
        .overrideConfiguration(c -> c.addExecutionInterceptor(new Wire()))
        .build();
    streams();
    records();
    places();
    errors();
    reshards();
    modes();
    must(requestTypes.equals(Set.of("application/x-amz-cbor-1.1")), requestTypes);
    must(answerTypes.equals(Set.of("application/x-amz-cbor-1.1")), answerTypes);
    System.out.println("all of it in CBOR");
  }

  static void streams() {
    Instant before = Instant.now();
    kinesis.createStream(request -> request.streamName("made").shardCount(4));
    waitUntilActive("made");
    var summary = kinesis.describeStreamSummary(request -> request.streamName("made"))
        .streamDescriptionSummary();
    must(summary.streamStatus() == StreamStatus.ACTIVE, summary);
    must(summary.openShardCount() == 4 && summary.retentionPeriodHours() == 24, summary);
    must(summary.streamModeDetails().streamMode() == StreamMode.PROVISIONED, summary);
    Duration off = Duration.between(before, summary.streamCreationTimestamp());
    must(off.toSeconds() >= -1 && off.toSeconds() < 60, summary);
    must(summary.streamARN().endsWith(":stream/made"), summary);
    var described = kinesis.describeStream(request -> request.streamARN(summary.streamARN()));
    must(described.streamDescription().shards().size() == 4, described);
    must(kinesis.listStreams().streamNames().contains("made"), "made is not listed");
    var first = kinesis.listShards(request -> request.streamName("made").maxResults(3));
    must(first.shards().size() == 3 && first.nextToken() != null, first);
    var rest = kinesis.listShards(request -> request.nextToken(first.nextToken()));
    must(rest.shards().size() == 1 && rest.nextToken() == null, rest);
    BigInteger next = BigInteger.ZERO;
    for (Shard shard : shards("made")) {
      must(new BigInteger(shard.hashKeyRange().startingHashKey()).equals(next), shard);
      next = new BigInteger(shard.hashKeyRange().endingHashKey()).add(BigInteger.ONE);
      must(shard.parentShardId() == null, shard);
      must(shard.sequenceNumberRange().endingSequenceNumber() == null, shard);
    }
    must(next.equals(BigInteger.TWO.pow(128)), next);
    System.out.println("streams and shards");
  }

  static void records() throws Exception {
    Instant before = Instant.now();
    byte[] all = new byte[256];
    for (int at = 0; at < 256; at++) all[at] = (byte) at;
    var one = kinesis.putRecord(request ->
        request.streamName("made").partitionKey("é😀").data(SdkBytes.fromByteArray(all)));
    Shard home = shards("made").stream().filter(s -> s.shardId().equals(one.shardId())).findFirst().get();
    must(holds(home, hashOf("é😀")), home);
    List<PutRecordsRequestEntry> entries = new ArrayList<>();
    for (int at = 0; at < 500; at++) {
      entries.add(PutRecordsRequestEntry.builder().partitionKey("key " + at)
          .data(SdkBytes.fromUtf8String("{\"record\":" + at + "}")).build());
    }
    var put = kinesis.putRecords(request -> request.streamName("made").records(entries));
    must(put.failedRecordCount() == 0 && put.records().size() == 500, put);
    int found = 0;
    for (Shard shard : shards("made")) {
      BigInteger last = BigInteger.ZERO;
      for (var record : drain("made", shard.shardId())) {
        must(holds(shard, hashOf(record.partitionKey())), record);
        BigInteger sequence = new BigInteger(record.sequenceNumber());
        must(sequence.compareTo(last) > 0, record);
        last = sequence;
        Duration off = Duration.between(before, record.approximateArrivalTimestamp());
        must(off.toMillis() >= -1000 && off.toSeconds() < 60, record);
        found++;
        if (record.partitionKey().equals("é😀")) {
          must(java.util.Arrays.equals(record.data().asByteArray(), all), record);
          must(record.sequenceNumber().equals(one.sequenceNumber()), record);
          continue;
        }
        int at = Integer.parseInt(record.partitionKey().substring(4));
        must(record.data().asUtf8String().equals("{\"record\":" + at + "}"), record);
        must(put.records().get(at).sequenceNumber().equals(record.sequenceNumber()), record);
        must(put.records().get(at).shardId().equals(shard.shardId()), record);
      }
    }
    must(found == 501, found);
    System.out.println("records and times");
  }

  static void places() throws Exception {
    Shard shard = shards("made").get(2);
    var put = kinesis.putRecord(request -> request.streamName("made").partitionKey("anywhere")
        .explicitHashKey(shard.hashKeyRange().startingHashKey()).data(SdkBytes.fromUtf8String("x")));
    must(put.shardId().equals(shard.shardId()), put);
    String tip = iterator("made", shard.shardId(), ShardIteratorType.LATEST);
    must(kinesis.getRecords(r -> r.shardIterator(tip)).records().isEmpty(), "LATEST had records");
    String at = kinesis.getShardIterator(r -> r.streamName("made").shardId(shard.shardId())
        .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
        .startingSequenceNumber(put.sequenceNumber())).shardIterator();
    var there = kinesis.getRecords(request -> request.shardIterator(at));
    must(there.records().size() == 1 && there.records().get(0).data().asUtf8String().equals("x"), there);
    must(there.millisBehindLatest() == 0, there);
    String after = kinesis.getShardIterator(r -> r.streamName("made").shardId(shard.shardId())
        .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
        .startingSequenceNumber(put.sequenceNumber())).shardIterator();
    must(kinesis.getRecords(r -> r.shardIterator(after)).records().isEmpty(), "AFTER had records");
    Instant arrival = there.records().get(0).approximateArrivalTimestamp();
    String since = kinesis.getShardIterator(r -> r.streamName("made").shardId(shard.shardId())
        .shardIteratorType(ShardIteratorType.AT_TIMESTAMP).timestamp(arrival)).shardIterator();
    var late = kinesis.getRecords(request -> request.shardIterator(since)).records();
    must(!late.isEmpty(), "AT_TIMESTAMP found nothing");
    must(late.stream().allMatch(r -> !r.approximateArrivalTimestamp().isBefore(arrival)), late);
    must(late.get(late.size() - 1).sequenceNumber().equals(put.sequenceNumber()), late);
    System.out.println("every kind of iterator");
  }

  static void errors() {
    SdkBytes data = SdkBytes.fromUtf8String("x");
    String lost = fails(ResourceNotFoundException.class, () ->
        kinesis.putRecord(r -> r.streamName("absent").partitionKey("k").data(data)));
    must(lost.contains("absent"), lost);
    fails(ResourceInUseException.class, () ->
        kinesis.createStream(r -> r.streamName("made").shardCount(1)));
    fails(InvalidArgumentException.class, () -> kinesis.getRecords(r -> r.shardIterator("nonsense")));
    fails(ResourceNotFoundException.class, () ->
        iterator("made", "shardId-000000009999", ShardIteratorType.TRIM_HORIZON));
    fails(ValidationException.class, () ->
        kinesis.putRecord(r -> r.streamName("made").partitionKey("k".repeat(257)).data(data)));
    var entry = PutRecordsRequestEntry.builder().partitionKey("k").data(data).build();
    fails(ValidationException.class, () -> kinesis.putRecords(r -> r.streamName("made")
        .records(java.util.Collections.nCopies(501, entry))));
    System.out.println("errors of the right class");
  }

  static void reshards() throws Exception {
    kinesis.createStream(request -> request.streamName("moved").shardCount(1));
    waitUntilActive("moved");
    kinesis.putRecord(r -> r.streamName("moved").partitionKey("k").data(SdkBytes.fromUtf8String("1")));
    Shard parent = shards("moved").get(0);
    kinesis.splitShard(r -> r.streamName("moved").shardToSplit(parent.shardId())
        .newStartingHashKey(BigInteger.TWO.pow(127).toString()));
    waitUntilActive("moved");
    List<Shard> children = shards("moved").stream()
        .filter(s -> parent.shardId().equals(s.parentShardId())).collect(Collectors.toList());
    must(children.size() == 2, shards("moved"));
    Shard closed = shards("moved").get(0);
    must(closed.sequenceNumberRange().endingSequenceNumber() != null, closed);
    must(drain("moved", parent.shardId()).size() == 1, "the parent lost its record");
    String at = iterator("moved", parent.shardId(), ShardIteratorType.TRIM_HORIZON);
    GetRecordsResponse page = null;
    while (at != null) {
      String here = at;
      page = kinesis.getRecords(request -> request.shardIterator(here));
      at = page.nextShardIterator();
    }
    Set<String> named = page.childShards().stream().map(ChildShard::shardId).collect(Collectors.toSet());
    must(named.equals(children.stream().map(Shard::shardId).collect(Collectors.toSet())), page);
    kinesis.mergeShards(r -> r.streamName("moved").shardToMerge(children.get(0).shardId())
        .adjacentShardToMerge(children.get(1).shardId()));
    waitUntilActive("moved");
    Shard merged = shards("moved").get(3);
    must(children.get(0).shardId().equals(merged.parentShardId()), merged);
    must(children.get(1).shardId().equals(merged.adjacentParentShardId()), merged);
    must(merged.hashKeyRange().startingHashKey().equals("0"), merged);
    fails(InvalidArgumentException.class, () -> kinesis.mergeShards(r -> r.streamName("moved")
        .shardToMerge(parent.shardId()).adjacentShardToMerge(merged.shardId())));
    System.out.println("split and merge");
  }

  static void modes() {
    kinesis.createStream(r -> r.streamName("demand")
        .streamModeDetails(mode -> mode.streamMode(StreamMode.ON_DEMAND)));
    waitUntilActive("demand");
    must(shards("demand").size() == 4, shards("demand"));
    kinesis.increaseStreamRetentionPeriod(r -> r.streamName("demand").retentionPeriodHours(48));
    waitUntilActive("demand");
    must(kinesis.describeStreamSummary(r -> r.streamName("demand")).streamDescriptionSummary()
        .retentionPeriodHours() == 48, "the retention is not 48 hours");
    kinesis.addTagsToStream(r -> r.streamName("demand").tags(java.util.Map.of("who", "java")));
    must(kinesis.listTagsForStream(r -> r.streamName("demand")).tags().get(0).value().equals("java"),
        "the tag is lost");
    kinesis.deleteStream(request -> request.streamName("demand"));
    kinesis.waiter().waitUntilStreamNotExists(request -> request.streamName("demand"),
        wait -> wait.maxAttempts(60).backoffStrategyV2(attempt -> Duration.ofMillis(100)));
    System.out.println("modes, retention, tags, deletion");
  }
}
