/** Types that have nothing to run on a laptop, and what that means. Any other type without a provisioner is a surprise. */
export const nothingToRun: Readonly<Record<string, string>> = {
  "AWS::IAM::Role": "permissions are not checked",
  "AWS::IAM::Policy": "permissions are not checked",
  "AWS::Lambda::Permission": "permissions are not checked",
  "AWS::Lambda::EventInvokeConfig": "schedules do not try again",
  "AWS::S3::BucketPolicy": "permissions are not checked",
  "AWS::Logs::LogGroup": "functions log to the terminal",
};
