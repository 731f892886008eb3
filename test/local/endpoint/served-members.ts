/** Of a table of Timestream, whether it is created or changed. */
const tableMembers = `
  DatabaseName MagneticStoreWriteProperties MagneticStoreWriteProperties.EnableMagneticStoreWrites
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration.BucketName
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration.EncryptionOption
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration.KmsKeyId
  MagneticStoreWriteProperties.MagneticStoreRejectedDataLocation.S3Configuration.ObjectKeyPrefix
  RetentionProperties RetentionProperties.MagneticStoreRetentionPeriodInDays
  RetentionProperties.MemoryStoreRetentionPeriodInHours Schema Schema.CompositePartitionKey
  Schema.CompositePartitionKey.EnforcementInRecord Schema.CompositePartitionKey.Name
  Schema.CompositePartitionKey.Type TableName
`;

/**
 * What has its effect on the laptop, by service and operation: paths of members, as the SDK's model has them. Every other
 * member of the model is refused by its name. Who adds one here says that it works; the tests of the service show it.
 */
export const servedMembers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kinesis: {
    AddTagsToStream: "StreamARN StreamName Tags",
    CreateStream: "ShardCount StreamName",
    DecreaseStreamRetentionPeriod: "RetentionPeriodHours StreamARN StreamName",
    DeleteStream: "EnforceConsumerDeletion StreamARN StreamName",
    DescribeStream: "ExclusiveStartShardId Limit StreamARN StreamName",
    DescribeStreamSummary: "StreamARN StreamName",
    GetRecords: "Limit ShardIterator StreamARN",
    GetShardIterator: "ShardId ShardIteratorType StartingSequenceNumber StreamARN StreamName Timestamp",
    IncreaseStreamRetentionPeriod: "RetentionPeriodHours StreamARN StreamName",
    ListShards: `
      ExclusiveStartShardId MaxResults NextToken ShardFilter ShardFilter.ShardId ShardFilter.Timestamp
      ShardFilter.Type StreamARN StreamName
    `,
    ListStreams: "ExclusiveStartStreamName Limit NextToken",
    ListTagsForStream: "ExclusiveStartTagKey Limit StreamARN StreamName",
    MergeShards: "AdjacentShardToMerge ShardToMerge StreamARN StreamName",
    PutRecord: "Data ExplicitHashKey PartitionKey SequenceNumberForOrdering StreamARN StreamName",
    PutRecords: "Records Records.Data Records.ExplicitHashKey Records.PartitionKey StreamARN StreamName",
    RemoveTagsFromStream: "StreamARN StreamName TagKeys",
    SplitShard: "NewStartingHashKey ShardToSplit StreamARN StreamName",
  },
  dynamodb: {
    BatchGetItem: `
      RequestItems RequestItems.AttributesToGet RequestItems.ConsistentRead
      RequestItems.ExpressionAttributeNames RequestItems.Keys RequestItems.ProjectionExpression
      ReturnConsumedCapacity
    `,
    BatchWriteItem: `
      RequestItems RequestItems.DeleteRequest RequestItems.DeleteRequest.Key RequestItems.PutRequest
      RequestItems.PutRequest.Item ReturnConsumedCapacity ReturnItemCollectionMetrics
    `,
    CreateTable: `
      AttributeDefinitions AttributeDefinitions.AttributeName AttributeDefinitions.AttributeType
      BillingMode GlobalSecondaryIndexes GlobalSecondaryIndexes.IndexName GlobalSecondaryIndexes.KeySchema
      GlobalSecondaryIndexes.KeySchema.AttributeName GlobalSecondaryIndexes.KeySchema.KeyType
      GlobalSecondaryIndexes.Projection GlobalSecondaryIndexes.Projection.NonKeyAttributes
      GlobalSecondaryIndexes.Projection.ProjectionType GlobalSecondaryIndexes.ProvisionedThroughput
      GlobalSecondaryIndexes.ProvisionedThroughput.ReadCapacityUnits
      GlobalSecondaryIndexes.ProvisionedThroughput.WriteCapacityUnits KeySchema KeySchema.AttributeName
      KeySchema.KeyType LocalSecondaryIndexes LocalSecondaryIndexes.IndexName
      LocalSecondaryIndexes.KeySchema LocalSecondaryIndexes.KeySchema.AttributeName
      LocalSecondaryIndexes.KeySchema.KeyType LocalSecondaryIndexes.Projection
      LocalSecondaryIndexes.Projection.NonKeyAttributes LocalSecondaryIndexes.Projection.ProjectionType
      ProvisionedThroughput ProvisionedThroughput.ReadCapacityUnits
      ProvisionedThroughput.WriteCapacityUnits TableName
    `,
    DeleteItem: `
      ConditionExpression ConditionalOperator Expected Expected.AttributeValueList
      Expected.ComparisonOperator Expected.Exists Expected.Value ExpressionAttributeNames
      ExpressionAttributeValues Key ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues
      TableName
    `,
    DeleteTable: "TableName",
    DescribeTable: "TableName",
    DescribeTimeToLive: "TableName",
    GetItem: `
      AttributesToGet ConsistentRead ExpressionAttributeNames Key ProjectionExpression
      ReturnConsumedCapacity TableName
    `,
    ListTables: "ExclusiveStartTableName Limit",
    ListTagsOfResource: "ResourceArn",
    PutItem: `
      ConditionExpression ConditionalOperator Expected Expected.AttributeValueList
      Expected.ComparisonOperator Expected.Exists Expected.Value ExpressionAttributeNames
      ExpressionAttributeValues Item ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues
      TableName
    `,
    Query: `
      AttributesToGet ConditionalOperator ConsistentRead ExclusiveStartKey ExpressionAttributeNames
      ExpressionAttributeValues FilterExpression IndexName KeyConditionExpression KeyConditions
      KeyConditions.AttributeValueList KeyConditions.ComparisonOperator Limit ProjectionExpression
      QueryFilter QueryFilter.AttributeValueList QueryFilter.ComparisonOperator ReturnConsumedCapacity
      ScanIndexForward Select TableName
    `,
    Scan: `
      AttributesToGet ConditionalOperator ExclusiveStartKey ExpressionAttributeNames
      ExpressionAttributeValues FilterExpression IndexName Limit ProjectionExpression
      ReturnConsumedCapacity ScanFilter ScanFilter.AttributeValueList ScanFilter.ComparisonOperator Segment
      Select TableName TotalSegments
    `,
    TagResource: "ResourceArn Tags Tags.Key Tags.Value",
    UntagResource: "ResourceArn TagKeys",
    UpdateItem: `
      AttributeUpdates AttributeUpdates.Action AttributeUpdates.Value ConditionExpression
      ConditionalOperator Expected Expected.AttributeValueList Expected.ComparisonOperator Expected.Exists
      Expected.Value ExpressionAttributeNames ExpressionAttributeValues Key ReturnConsumedCapacity
      ReturnItemCollectionMetrics ReturnValues TableName UpdateExpression
    `,
    UpdateTable: `
      BillingMode GlobalSecondaryIndexUpdates GlobalSecondaryIndexUpdates.Create
      GlobalSecondaryIndexUpdates.Create.IndexName GlobalSecondaryIndexUpdates.Create.KeySchema
      GlobalSecondaryIndexUpdates.Create.KeySchema.AttributeName
      GlobalSecondaryIndexUpdates.Create.KeySchema.KeyType GlobalSecondaryIndexUpdates.Create.Projection
      GlobalSecondaryIndexUpdates.Create.Projection.NonKeyAttributes
      GlobalSecondaryIndexUpdates.Create.Projection.ProjectionType
      GlobalSecondaryIndexUpdates.Create.ProvisionedThroughput
      GlobalSecondaryIndexUpdates.Create.ProvisionedThroughput.ReadCapacityUnits
      GlobalSecondaryIndexUpdates.Create.ProvisionedThroughput.WriteCapacityUnits
      GlobalSecondaryIndexUpdates.Delete GlobalSecondaryIndexUpdates.Delete.IndexName
      GlobalSecondaryIndexUpdates.Update GlobalSecondaryIndexUpdates.Update.IndexName
      GlobalSecondaryIndexUpdates.Update.ProvisionedThroughput
      GlobalSecondaryIndexUpdates.Update.ProvisionedThroughput.ReadCapacityUnits
      GlobalSecondaryIndexUpdates.Update.ProvisionedThroughput.WriteCapacityUnits ProvisionedThroughput
      ProvisionedThroughput.ReadCapacityUnits ProvisionedThroughput.WriteCapacityUnits TableName
    `,
  },
  cloudwatch: {
    DescribeAlarms: `
      ActionPrefix AlarmNamePrefix AlarmNames AlarmTypes ChildrenOfAlarmName MaxRecords NextToken
      ParentsOfAlarmName StateValue
    `,
    GetMetricData: `
      EndTime MaxDatapoints MetricDataQueries MetricDataQueries.AccountId MetricDataQueries.Expression
      MetricDataQueries.Id MetricDataQueries.Label MetricDataQueries.MetricStat
      MetricDataQueries.MetricStat.Metric MetricDataQueries.MetricStat.Metric.Dimensions
      MetricDataQueries.MetricStat.Metric.MetricName MetricDataQueries.MetricStat.Metric.Namespace
      MetricDataQueries.MetricStat.Period MetricDataQueries.MetricStat.Stat
      MetricDataQueries.MetricStat.Unit MetricDataQueries.Period MetricDataQueries.ReturnData NextToken
      ScanBy StartTime
    `,
    GetMetricStatistics: `
      Dimensions Dimensions.Name Dimensions.Value EndTime ExtendedStatistics MetricName Namespace Period
      StartTime Statistics Unit
    `,
    ListMetrics: "Dimensions Dimensions.Name Dimensions.Value MetricName Namespace NextToken RecentlyActive",
  },
  "secrets-manager": {
    GetSecretValue: "SecretId VersionId VersionStage",
  },
  "timestream-query": {
    CancelQuery: "QueryId",
    DescribeEndpoints: "",
    Query: "ClientToken MaxRows NextToken QueryString",
  },
  "timestream-write": {
    CreateDatabase: "DatabaseName KmsKeyId",
    CreateTable: tableMembers,
    DeleteDatabase: "DatabaseName",
    DeleteTable: "DatabaseName TableName",
    DescribeDatabase: "DatabaseName",
    DescribeTable: "DatabaseName TableName",
    ListDatabases: "MaxResults NextToken",
    ListTables: "DatabaseName MaxResults NextToken",
    UpdateTable: tableMembers,
    WriteRecords: `
      CommonAttributes CommonAttributes.Dimensions CommonAttributes.Dimensions.DimensionValueType
      CommonAttributes.Dimensions.Name CommonAttributes.Dimensions.Value CommonAttributes.MeasureName
      CommonAttributes.MeasureValue CommonAttributes.MeasureValueType CommonAttributes.MeasureValues
      CommonAttributes.MeasureValues.Name CommonAttributes.MeasureValues.Type
      CommonAttributes.MeasureValues.Value CommonAttributes.Time CommonAttributes.TimeUnit
      CommonAttributes.Version DatabaseName Records Records.Dimensions
      Records.Dimensions.DimensionValueType Records.Dimensions.Name Records.Dimensions.Value
      Records.MeasureName Records.MeasureValue Records.MeasureValueType Records.MeasureValues
      Records.MeasureValues.Name Records.MeasureValues.Type Records.MeasureValues.Value Records.Time
      Records.TimeUnit Records.Version TableName
    `,
  },
};
